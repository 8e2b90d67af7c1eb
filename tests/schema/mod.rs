//! The schema, from its source to the writes that it admits.

mod cases;
