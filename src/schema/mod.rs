//! The language of `schema.dbx`: reading, checking, formatting and comparing it, and checking payloads against it.

mod ast;
mod canonical;
mod check;
mod codes;
mod compare;
mod diagnostic;
mod format;
mod lexer;
mod model;
mod parser;
mod source;
mod suggest;
mod tokens;
pub mod values;

pub use ast::{Ast, Block, BlockKind, Item, Name, Property};
pub use check::{Compiled, compile};
pub use codes::{Code, Page};
pub use compare::{Break, Change, ChangeKind, Class, breaking, diff};
pub use diagnostic::{Diagnostic, Fix, Label, Severity};
pub use format::format;
pub use model::{
    Aggregate, Bounds, Cascade, EventRule, Field, FieldType, Format, Length, ReferenceRule, Rules,
    SNAPSHOT_THRESHOLD_DEFAULT, Schema, Shape, Snapshot,
};
pub use parser::parse;
pub use source::{Place, Source};
pub use tokens::{TokenClass, tokens};
