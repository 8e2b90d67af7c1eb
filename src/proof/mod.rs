//! Hashing, trees and proofs (RFC 6962).
