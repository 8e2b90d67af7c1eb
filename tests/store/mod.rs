//! The store as processes see it: killed, out of space, and taken up again.

mod child;
mod crash;
mod doctor;
mod erase;
mod gone;
mod killed;
mod race;
mod restore;
mod space;
mod stage;
mod tamper;
