//! Every view where there is nothing, where it waits and where it fails, at the sizes of the boards. What each of them shows
//! of a shop that is well is in its own tests.

use crate::tui::model::View;
use crate::tui::msg::Msg;
use crate::tui::testing::schema::{WRONG, saved, seen};
use crate::tui::testing::{SIZES, Stage, shop, snap_sizes};
use std::path::Path;
use std::time::Duration;

fn name(view: View, state: &str) -> String {
    format!("tui__{}__{state}", view.title().to_lowercase())
}

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
    for view in View::ALL {
        snap_sizes(&name(view, "empty"), |width, height| empty(width, height, view));
    }
}

#[test]
fn what_takes_long() {
    for view in View::ALL {
        snap_sizes(&name(view, "loading"), |width, height| loading(width, height, view));
    }
}

#[test]
fn what_cannot_be_had() {
    for view in View::ALL {
        snap_sizes(&name(view, "error"), |width, height| error(width, height, view));
    }
}

#[test]
fn each_view_is_drawn_in_each_state_at_each_size() {
    let snapshots = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut missing = Vec::new();
    for view in View::ALL {
        for state in ["", "empty_", "loading_", "error_"] {
            for (width, height) in SIZES {
                let file = format!("{}{width}x{height}.snap", name(view, state));
                missing.extend(Some(file).filter(|file| !snapshots.join(file).is_file()));
            }
        }
        let styles = format!("{}.snap", name(view, "styles"));
        missing.extend(Some(styles).filter(|file| !snapshots.join(file).is_file()));
    }
    assert!(missing.is_empty(), "no snapshot of {missing:?}");
}
