//! Finding `.dbx/`, its configuration, init and templates.
