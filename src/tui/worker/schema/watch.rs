//! Looks at `schema.dbx` at every change, whether the view is open or not: its tab says what is wrong.

use super::super::queue::Queue;
use crate::domain::Timestamp;
use crate::tui::model::{Content, Seen, Working};
use crate::tui::msg::Msg;
use crate::workspace::{FileWatch, schema_file};
use std::cell::Cell;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often the file is looked at where the system tells of nothing: a folder that was made anew, a disk elsewhere.
const LOOK: Duration = Duration::from_secs(1);

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Print {
    length: u64,
    changed: Option<SystemTime>,
    /// Who replaces a file by another one of the same length within a tick of its clock makes a new one.
    file: u64,
}

fn print(path: &Path) -> Option<Print> {
    let found = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let file = std::os::unix::fs::MetadataExt::ino(&found);
    #[cfg(not(unix))]
    let file = 0;
    Some(Print { length: found.len(), changed: found.modified().ok(), file })
}

/// Runs until the end.
pub(in crate::tui::worker) fn run(queue: &Queue, path: &Path, messages: &Sender<Msg>) {
    loop {
        // Before the first look: a change between the two is seen twice rather than not at all.
        let watch = watch(path);
        let mut known = print(path);
        let unwatched = watch.as_ref().err().cloned();
        if !say(path, unwatched.clone(), messages) {
            return;
        }
        loop {
            let moved = match &watch {
                Ok(watch) => wait(queue, watch, path, known.as_ref()),
                Err(_) => pause(queue, path, known.as_ref()),
            };
            match moved {
                Moved::Ended => return,
                // What the watch did not tell of it does not watch any more.
                Moved::Unheard => break,
                Moved::Heard => {
                    known = print(path);
                    if !say(path, unwatched.clone(), messages) {
                        return;
                    }
                }
            }
        }
    }
}

fn watch(path: &Path) -> Result<FileWatch, String> {
    // Where the file is a link, both are watched: it may lead elsewhere, or what it leads to may change.
    let real = path.canonicalize().ok().filter(|real| real != path);
    let files: Vec<PathBuf> = [Some(path.to_owned()), real].into_iter().flatten().collect();
    FileWatch::new(files.iter().map(PathBuf::as_path)).map_err(|error| error.message().to_owned())
}

enum Moved {
    Ended,
    Heard,
    Unheard,
}

/// Waits until the system tells of a change, or it is there all the same.
fn wait(queue: &Queue, watch: &FileWatch, path: &Path, known: Option<&Print>) -> Moved {
    let (looked, unheard) = (Cell::new(Instant::now()), Cell::new(false));
    let heard = watch.changed(|| {
        if looked.get().elapsed() >= LOOK {
            looked.set(Instant::now());
            unheard.set(print(path).as_ref() != known);
        }
        unheard.get() || queue.rest(Duration::ZERO)
    });
    match (heard, unheard.get()) {
        (true, _) => Moved::Heard,
        // A watch that ended by itself is made anew, a while later.
        (false, false) if queue.rest(LOOK) => Moved::Ended,
        (false, _) => Moved::Unheard,
    }
}

/// Waits until something is different, where nobody tells of it.
fn pause(queue: &Queue, path: &Path, known: Option<&Print>) -> Moved {
    loop {
        if queue.rest(LOOK) {
            return Moved::Ended;
        }
        if print(path).as_ref() != known || watch(path).is_ok() {
            return Moved::Unheard;
        }
    }
}

/// Says what the file is now; false where nobody listens any more.
fn say(path: &Path, unwatched: Option<String>, messages: &Sender<Msg>) -> bool {
    messages.send(Msg::Schema(Box::new(see(path, unwatched)))).is_ok()
}

fn see(path: &Path, unwatched: Option<String>) -> Seen {
    let content = match schema_file::read(path) {
        Ok(text) => {
            let start = Instant::now();
            let mut checked = Working::new(text);
            checked.took = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            Content::Text(Arc::new(checked))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Content::Missing,
        Err(error) => Content::Unreadable(error.to_string()),
    };
    let saved = fs::metadata(path).and_then(|found| found.modified()).ok().and_then(time);
    Seen { path: path.to_owned(), saved, content, unwatched }
}

fn time(time: SystemTime) -> Option<Timestamp> {
    let micros = time.duration_since(UNIX_EPOCH).ok()?.as_micros();
    Some(Timestamp::from_micros(i64::try_from(micros).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, channel};

    fn next(inbox: &Receiver<Msg>) -> Content {
        // Much longer than anything here takes.
        match inbox.recv_timeout(Duration::from_secs(60)) {
            Ok(Msg::Schema(seen)) => seen.content,
            other => panic!("{other:?}"),
        }
    }

    /// Looks until the file is what it should be: a change may be seen in two steps.
    fn until(inbox: &Receiver<Msg>, wanted: impl Fn(&Content) -> bool) {
        while !wanted(&next(inbox)) {}
    }

    fn is(text: &'static str) -> impl Fn(&Content) -> bool {
        move |content| matches!(content, Content::Text(checked) if &*checked.text == text)
    }

    #[test]
    fn every_change_is_seen_and_so_is_a_folder_that_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("shop");
        let path = inner.join("schema.dbx");
        fs::create_dir(&inner).unwrap();
        fs::write(&path, "one").unwrap();
        let (queue, (sender, inbox)) = (Arc::new(Queue::default()), channel());
        let thread = std::thread::spawn({
            let (queue, path) = (queue.clone(), path.clone());
            move || run(&queue, &path, &sender)
        });
        until(&inbox, is("one"));
        fs::write(inner.join("x"), "two").unwrap();
        fs::rename(inner.join("x"), &path).unwrap();
        until(&inbox, is("two"));
        fs::write(&path, b"\xff").unwrap();
        until(
            &inbox,
            |content| matches!(content, Content::Unreadable(why) if why.contains("UTF-8")),
        );
        fs::remove_dir_all(&inner).unwrap();
        until(&inbox, |content| matches!(content, Content::Missing));
        fs::create_dir(&inner).unwrap();
        fs::write(&path, "three").unwrap();
        until(&inbox, is("three"));
        fs::write(&path, "four").unwrap();
        until(&inbox, is("four"));
        queue.stop();
        thread.join().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn what_a_link_leads_to_is_watched_too() {
        let folder = tempfile::tempdir().unwrap();
        let (path, real) = (folder.path().join("schema.dbx"), folder.path().join("real/a.dbx"));
        fs::create_dir(folder.path().join("real")).unwrap();
        fs::write(&real, "one").unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        let (queue, (sender, inbox)) = (Arc::new(Queue::default()), channel());
        let thread = std::thread::spawn({
            let queue = queue.clone();
            move || run(&queue, &path, &sender)
        });
        until(&inbox, is("one"));
        fs::write(&real, "two").unwrap();
        until(&inbox, is("two"));
        queue.stop();
        thread.join().unwrap();
    }
}
