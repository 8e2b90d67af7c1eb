//! What the view of aggregates knows.

use crate::domain::FilterError;
use crate::tui::msg::FilterEdit;
use crate::tui::settings::SavedFilter;
use crate::tui::window::Window;
use crate::wire::{AggregateRecord, EventRecord, ListQuery, ReplayStep, Sort, StatusReport};
use std::collections::{BTreeMap, BTreeSet};

/// The name of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Name {
    pub(crate) aggregate_type: String,
    pub(crate) id: String,
}

impl Name {
    pub(crate) fn of(record: &AggregateRecord) -> Self {
        Self { aggregate_type: record.aggregate_type.clone(), id: record.aggregate_id.clone() }
    }

    /// The aggregate that an event is of.
    pub(crate) fn of_event(event: &EventRecord) -> Self {
        Self { aggregate_type: event.aggregate_type.clone(), id: event.aggregate_id.clone() }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.id)
    }
}

/// The parts of the view, in the order in which Tab goes through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Pane {
    Types,
    #[default]
    List,
    Preview,
}

impl Pane {
    pub(crate) const ALL: [Self; 3] = [Self::Types, Self::List, Self::Preview];

    /// Its number, for the mouse.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Types => 0,
            Self::List => 1,
            Self::Preview => 2,
        }
    }
}

/// Which aggregates are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Group {
    /// All.
    #[default]
    All,
    /// Those of a type.
    Type(String),
    /// Those with operations that wait for their commit.
    Staged,
    /// Those that are not what was written, as verifying them found.
    Faulty,
    /// Those that refuse writes.
    Archived,
    /// Those that a filter with a name lets through.
    Saved(SavedFilter),
}

impl Group {
    /// What it is called.
    pub(crate) fn title(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Type(name) => name,
            Self::Staged => "staged",
            Self::Faulty => "faulty",
            Self::Archived => "archived",
            Self::Saved(filter) => &filter.name,
        }
    }
}

/// A line of the list of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GroupRow {
    /// A group, and how many there are where that is known.
    Group(Group, Option<u64>),
    /// A word above others.
    Heading(&'static str),
    /// Nothing.
    Gap,
}

/// The last events of the selected aggregate, and what it kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Recent {
    pub(crate) name: Name,
    pub(crate) version: u64,
    /// The last events with what they changed, the newest first.
    pub(crate) steps: Vec<ReplayStep>,
    /// The versions of its snapshots, oldest first.
    pub(crate) snapshots: Vec<u64>,
}

/// Last events that are remembered: a few screens of them.
const LAST_EVENTS: usize = 2048;

/// What the view of aggregates knows.
#[derive(Debug, Default)]
pub(crate) struct Aggregates {
    pub(crate) focus: Pane,
    pub(crate) group: Group,
    /// The filter in force: always one that can be read.
    pub(crate) filter: String,
    /// Why the text in the filter bar is none; the filter in force is then the one before.
    pub(crate) filter_error: Option<FilterError>,
    pub(crate) sort: Sort,
    /// Which list is wanted: moves with the group, the filter and the order.
    pub(crate) revision: u64,
    /// Which list is shown: the one before stays until the first page of the new one is there.
    pub(crate) shown: u64,
    pub(crate) list: Window<AggregateRecord>,
    /// How many match the filter, and whether that is all of them.
    pub(crate) matches: Option<(usize, bool)>,
    /// Where in the list each page begins that was read in order.
    pub(crate) cursors: BTreeMap<usize, String>,
    /// How long the last page took to read, in microseconds.
    pub(crate) took: Option<u64>,
    /// The last event of an aggregate at a version.
    last: BTreeMap<(Name, u64), EventRecord>,
    pub(crate) recent: Option<Recent>,
    /// How far the preview is scrolled.
    pub(crate) scroll: usize,
    /// How far the list of groups is scrolled.
    pub(crate) groups_top: usize,
    pub(crate) marks: BTreeSet<Name>,
    /// What verifying an aggregate at a version found.
    pub(crate) verdicts: BTreeMap<Name, (u64, bool)>,
    /// The aggregates with operations that wait for their commit.
    pub(crate) staged: BTreeSet<Name>,
    /// The filters with names.
    pub(crate) saved: Vec<SavedFilter>,
}

/// A text as it stands between quotes in a filter.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A filter that lets through the aggregates of these names and no others.
fn named<'a>(names: impl Iterator<Item = &'a Name>) -> String {
    // A filter is 8 KiB at most; where there are more than fit in, the first ones are shown.
    const BYTES: usize = 6_000;
    let mut text = String::new();
    for name in names {
        let (kind, id) = (escaped(&name.aggregate_type), escaped(&name.id));
        let one = format!("(type:\"{kind}\" id:\"{id}\")");
        if text.len() + one.len() > BYTES {
            break;
        }
        if !text.is_empty() {
            text.push_str(" | ");
        }
        text.push_str(&one);
    }
    // No aggregate has an empty id: this lets nothing through.
    if text.is_empty() { "id:\"\"".to_owned() } else { text }
}

impl Aggregates {
    /// The groups that there are.
    pub(crate) fn groups(&self, status: Option<&StatusReport>) -> Vec<GroupRow> {
        let types = status.map(|status| status.types.as_slice()).unwrap_or_default();
        let all = status.map(|_| types.iter().map(|count| count.aggregates).sum());
        let mut rows = vec![GroupRow::Group(Group::All, all)];
        rows.extend(types.iter().map(|count| {
            let group = Group::Type(count.aggregate_type.clone());
            GroupRow::Group(group, Some(count.aggregates))
        }));
        rows.extend([GroupRow::Gap, GroupRow::Heading("filters")]);
        let staged = u64::try_from(self.staged.len()).ok();
        rows.push(GroupRow::Group(Group::Staged, staged));
        let faulty = self.faulty().count();
        if faulty > 0 {
            rows.push(GroupRow::Group(Group::Faulty, u64::try_from(faulty).ok()));
        }
        rows.push(GroupRow::Group(Group::Archived, None));
        let saved = self.saved.iter().cloned();
        rows.extend(saved.map(|filter| GroupRow::Group(Group::Saved(filter), None)));
        rows
    }

    /// The aggregates that verifying found to be at fault.
    fn faulty(&self) -> impl Iterator<Item = &Name> {
        self.verdicts.iter().filter(|(_, (_, ok))| !ok).map(|(name, _)| name)
    }

    /// The filter that lets through what is listed, as one text that can be kept; `None` where everything is.
    pub(crate) fn to_save(&self) -> Option<String> {
        let kind = match &self.group {
            Group::Type(name) => Some(format!("type:\"{}\"", escaped(name))),
            _ => None,
        };
        match (kind, self.whole_filter()) {
            (Some(kind), Some(filter)) => Some(format!("{kind} ({filter})")),
            (kind, filter) => kind.or(filter),
        }
    }

    /// Takes over what was saved, and lists it.
    pub(crate) fn saved(&mut self, edit: &FilterEdit) {
        let new = edit.text.clone().map(|text| SavedFilter { name: edit.name.clone(), text });
        let old = self.saved.iter_mut().find(|filter| filter.name == edit.name);
        match (old, new.clone()) {
            (Some(old), Some(filter)) => *old = filter,
            (None, Some(filter)) => self.saved.push(filter),
            (_, None) => self.saved.retain(|filter| filter.name != edit.name),
        }
        self.filter.clear();
        self.group = new.map_or(Group::All, Group::Saved);
        self.restart();
    }

    /// The selected aggregate.
    pub(crate) fn selected(&self) -> Option<&AggregateRecord> {
        self.list.selected()
    }

    /// The marked aggregates, or else the selected one.
    pub(crate) fn chosen(&self) -> Vec<Name> {
        if self.marks.is_empty() {
            return self.selected().map(Name::of).into_iter().collect();
        }
        self.marks.iter().cloned().collect()
    }

    /// The last event of an aggregate, if it is known.
    pub(crate) fn last_event(&self, record: &AggregateRecord) -> Option<&EventRecord> {
        self.last.get(&(Name::of(record), record.version))
    }

    /// Remembers the last events of aggregates.
    pub(crate) fn remember(&mut self, events: Vec<EventRecord>) {
        if self.last.len() + events.len() > LAST_EVENTS {
            self.last.clear();
        }
        for event in events {
            self.last.insert((Name::of_event(&event), event.version), event);
        }
    }

    /// Whether only a part of a group is shown.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.filter.trim().is_empty()
    }

    /// How many there are of what is listed, where that is known without counting.
    pub(crate) fn count(&self, status: Option<&StatusReport>) -> Option<usize> {
        if self.whole_filter().is_some() {
            return None;
        }
        let types = status?.types.iter();
        let listed = types.filter(|count| match &self.group {
            Group::Type(name) => count.aggregate_type == *name,
            _ => true,
        });
        usize::try_from(listed.map(|count| count.aggregates).sum::<u64>()).ok()
    }

    /// The filter of the group and the user's, as one.
    pub(crate) fn whole_filter(&self) -> Option<String> {
        let group = match &self.group {
            Group::All | Group::Type(_) => None,
            Group::Archived => Some("is:archived".to_owned()),
            Group::Staged => Some(named(self.staged.iter())),
            Group::Faulty => Some(named(self.faulty())),
            Group::Saved(filter) => Some(filter.text.clone()),
        };
        let own = self.is_filtered().then(|| self.filter.clone());
        match (group, own) {
            (Some(group), Some(own)) => Some(format!("({group}) ({own})")),
            (group, own) => group.or(own),
        }
    }

    /// What is listed.
    pub(crate) fn query(&self) -> ListQuery {
        let aggregate_type = match &self.group {
            Group::Type(name) => Some(name.clone()),
            _ => None,
        };
        ListQuery {
            aggregate_type,
            filter: self.whole_filter(),
            sort: self.sort,
            archived: true,
            ..ListQuery::default()
        }
    }

    /// Begins the list anew: another group, filter or order.
    pub(crate) fn restart(&mut self) {
        self.revision += 1;
        self.matches = None;
        self.cursors.clear();
        self.scroll = 0;
    }
}
