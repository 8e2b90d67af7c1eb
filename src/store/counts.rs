//! How many aggregates there are. No record says it: it is counted once, and kept up with the log from then on.

use super::{Store, StoreError, View};
use crate::domain::{AggregateType, Position, Version};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

/// What was counted last.
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<Option<Counted>>);

#[derive(Debug, Clone)]
struct Counted {
    /// The end of the log that was counted.
    position: Position,
    types: Vec<(AggregateType, u64)>,
}

impl Counted {
    /// Counts every head: half a second for a million.
    fn all(view: &View) -> Result<Self, StoreError> {
        let mut types = Vec::new();
        for (name, number) in view.types()? {
            types.push((name, view.count_type(number)?));
        }
        Ok(Self { position: view.last_position()?, types })
    }

    /// Counts what came since. An aggregate comes into being with its first event, and never goes: an archived one and one
    /// whose content was erased keep their heads.
    fn go_on(mut self, view: &View) -> Result<Self, StoreError> {
        let end = view.last_position()?;
        view.scan(Position(self.position.get() + 1), end, false, |event| {
            let header = event.header()?;
            if header.version == Version(1) {
                let name = header.aggregate.aggregate_type;
                match self.types.binary_search_by(|(known, _)| known.cmp(&name)) {
                    Ok(at) => self.types.iter_mut().skip(at).take(1).for_each(|it| it.1 += 1),
                    Err(at) => self.types.insert(at, (name, 1)),
                }
            }
            Ok::<_, StoreError>(ControlFlow::Continue(()))
        })?;
        self.position = end;
        Ok(self)
    }

    fn total(&self) -> u64 {
        self.types.iter().map(|(_, count)| count).sum()
    }
}

impl Store {
    /// The store at this moment, and how many aggregates of each type it has, by name of the type.
    ///
    /// # Errors
    /// Bytes that cannot be read, or [`StoreError::Closed`].
    pub fn counted(&self) -> Result<(View, Vec<(AggregateType, u64)>), StoreError> {
        // The view is taken behind the lock: nobody counts backwards.
        let mut known = self.counts.0.lock().unwrap_or_else(PoisonError::into_inner);
        let view = self.view()?;
        let came = |counted: &Counted| -> Result<u64, StoreError> {
            Ok(view.last_position()?.get().saturating_sub(counted.position.get()))
        };
        let counted = match known.take() {
            Some(counted) if came(&counted)? <= counted.total() => match counted.go_on(&view) {
                // An event that cannot be read says nothing about the heads.
                Err(error) if error.is_damage() => Counted::all(&view)?,
                counted => counted?,
            },
            _ => Counted::all(&view)?,
        };
        let types = counted.types.clone();
        *known = Some(counted);
        drop(known);
        Ok((view, types))
    }
}
