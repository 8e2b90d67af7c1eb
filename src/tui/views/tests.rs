//! Every view where there is nothing, where it waits and where it fails, at the sizes of the boards. What each of them shows
//! of a shop that is well is in its own tests.

use crate::tui::model::View;
use crate::tui::msg::Msg;
use crate::tui::testing::schema::{WRONG, saved, seen};
use crate::tui::testing::{Stage, shop, snap_sizes};
use std::time::Duration;

/// The snapshots of the views, in their order.
const EMPTY: [&str; 6] = [
    "tui__aggregates__empty",
    "tui__timeline__empty",
    "tui__verify__empty",
    "tui__stage__empty",
    "tui__schema__empty",
    "tui__tail__empty",
];
const LOADING: [&str; 6] = [
    "tui__aggregates__loading",
    "tui__timeline__loading",
    "tui__verify__loading",
    "tui__stage__loading",
    "tui__schema__loading",
    "tui__tail__loading",
];
const ERROR: [&str; 6] = [
    "tui__aggregates__error",
    "tui__timeline__error",
    "tui__verify__error",
    "tui__stage__error",
    "tui__schema__error",
    "tui__tail__error",
];

fn number(view: View) -> String {
    view.number().to_string()
}

/// A view of a workspace in which nothing happened yet.
fn empty(width: u16, height: u16, view: View) -> Stage {
    let mut stage = shop::unused(width, height);
    stage.send(seen(crate::tui::model::Content::Missing));
    stage.press(&number(view));
    settled(stage)
}

/// A view that was just opened, and whose questions are on their way.
fn loading(width: u16, height: u16, view: View) -> Stage {
    let mut stage = match view {
        View::Aggregates => Stage::unanswered(width, height),
        _ => shop::open(width, height),
    };
    stage.send(saved(WRONG));
    stage.silent = true;
    stage.send(Msg::Status(Box::new(shop::status())));
    stage.press(&number(view)).wait(Duration::from_millis(50));
    stage.wait(Duration::from_millis(400));
    stage
}

/// A view whose questions cannot be answered.
fn error(width: u16, height: u16, view: View) -> Stage {
    let mut stage = match view {
        View::Aggregates => Stage::unanswered(width, height),
        _ => shop::open(width, height),
    };
    stage.send(saved(WRONG));
    stage.silent = false;
    stage.answers = Box::new(|_| Err(shop::broken()));
    if view == View::Aggregates {
        stage.press("ctrl-r");
    }
    stage.send(Msg::Status(Box::new(shop::status())));
    stage.press(&number(view));
    let mut stage = settled(stage);
    // They go away by themselves; what stays is what is looked at here.
    stage.model.toasts.clear();
    stage
}

/// Lets what waits for its time be asked.
fn settled(mut stage: Stage) -> Stage {
    stage.wait(Duration::from_millis(60)).wait(Duration::from_millis(60));
    stage
}

#[test]
fn nothing_there() {
    for (view, name) in View::ALL.into_iter().zip(EMPTY) {
        snap_sizes(name, |width, height| empty(width, height, view));
    }
}

#[test]
fn what_takes_long() {
    for (view, name) in View::ALL.into_iter().zip(LOADING) {
        snap_sizes(name, |width, height| loading(width, height, view));
    }
}

#[test]
fn what_cannot_be_had() {
    for (view, name) in View::ALL.into_iter().zip(ERROR) {
        snap_sizes(name, |width, height| error(width, height, view));
    }
}
