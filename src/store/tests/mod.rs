//! The whole store, on real files: what its writer promises, and what damage does to it.

mod archived;
mod backup;
mod beside;
mod cursor;
mod damage;
mod desk;
mod doctor;
mod fixture;
mod model;
mod power;
mod rebuild;
mod report;
mod restore;
mod salvage;
mod sealed;
mod sound;
mod stage;
mod swap;
mod tables;
mod tamper;
mod tokens;
mod writer;
