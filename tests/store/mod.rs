//! The store as processes see it: killed, out of space, and taken up again.
//!
//! | what goes wrong | where it is tried |
//! | --- | --- |
//! | `kill -9` under group commit, fifty times on one store | `crash` |
//! | `kill -9` while FORMAT, ANCHOR, a schema, tables or an import are written | `killed` |
//! | many processes that write, or that make the workspace, at once | `race` |
//! | a limit on the size of files, a disk that is full, with and without a store yet | `space`, `gone` |
//! | a disk that cannot be written; `.dbx/` removed or moved under its writer | `gone` |
//! | a byte of an event changed through fjall, every checksum right | `tamper`, `src/store/tests/tamper.rs` |
//! | the power goes while a commit is written: any sectors of it are there | `src/store/tests/power.rs` |
//! | torn, cut, damaged, lost journals; ANCHOR and FORMAT lost, torn, foreign; old copies | `src/store/tests/damage.rs` |
//! | tables and the files of fjall beside them flipped, zeroed, cut, removed | `src/store/tests/tables.rs` |
//! | the same, brought back by the doctor: what is read, what is lost, what is said | `src/store/tests/{doctor,salvage}.rs` |
//! | any bytes of a table, and every byte of a list of tables, changed | `src/store/disk/tables/tests.rs` |
//! | a batch of records beside the log damaged, cut off, its revocation lost | `src/store/tests/beside.rs` |
//! | an erasure that cannot be finished, for want of space or rights | `src/store/tests/sealed/erasure.rs` |
//! | the clock goes back; a caller or the writer panics; a batch fails | `src/store/tests/writer.rs` |
//! | fjall's journal changed in any way, beside fjall itself | `tests/fuzz/journal.rs` |

mod child;
mod crash;
mod doctor;
mod erase;
mod gone;
mod kill;
mod killed;
mod race;
mod restore;
mod space;
mod stage;
mod tamper;
