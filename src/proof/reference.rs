//! RFC 6962 section 2.1, word for word and as slow as it reads: what the fast code is compared with.

use super::hash::{EMPTY_ROOT, leaf_hash, node_hash};
use crate::domain::Hash;

/// The inputs of the certificate transparency project's own tests.
pub(super) const CT_LEAVES: [&[u8]; 8] =
    [b"", b"\x00", b"\x10", b"\x20\x21", b"\x30\x31", b"\x40ABC", b"PQRSTUVW", b"`abcdefghijklmno"];

pub(super) fn ct_hashes() -> Vec<Hash> {
    CT_LEAVES.iter().map(|leaf| leaf_hash(leaf)).collect()
}

/// `count` leaves that differ.
pub(super) fn numbered(count: usize) -> Vec<Hash> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The largest power of two smaller than `n`.
fn k(n: usize) -> usize {
    let mut k = 1;
    while k * 2 < n {
        k *= 2;
    }
    k
}

/// `MTH(D[n])`, over leaf hashes.
pub(super) fn root(d: &[Hash]) -> Hash {
    match d {
        [] => EMPTY_ROOT,
        [leaf] => *leaf,
        _ => node_hash(&root(&d[..k(d.len())]), &root(&d[k(d.len())..])),
    }
}

/// `PATH(m, D[n])`
pub(super) fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
    if d.len() <= 1 {
        return Vec::new();
    }
    let k = k(d.len());
    let (mut out, sibling) =
        if m < k { (path(m, &d[..k]), &d[k..]) } else { (path(m - k, &d[k..]), &d[..k]) };
    out.push(root(sibling));
    out
}

/// `PROOF(m, D[n])`
pub(super) fn proof(m: usize, d: &[Hash]) -> Vec<Hash> {
    subproof(m, d, true)
}

/// `SUBPROOF(m, D[n], b)`
fn subproof(m: usize, d: &[Hash], b: bool) -> Vec<Hash> {
    if m == d.len() {
        return if b { Vec::new() } else { vec![root(d)] };
    }
    let k = k(d.len());
    let (mut out, sibling) = if m <= k {
        (subproof(m, &d[..k], b), &d[k..])
    } else {
        (subproof(m - k, &d[k..], false), &d[..k])
    };
    out.push(root(sibling));
    out
}
