//! What was asked of the worker, and whether the answer still matters.

use crate::tui::msg::Effect;
use crate::tui::worker::{Ask, Slot};
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone, PartialEq)]
struct Asked {
    ask: Ask,
    generation: u64,
    /// When the question came up.
    since: Duration,
    /// Whether it was sent.
    sent: bool,
    /// Whether it was answered.
    done: bool,
}

/// The last question of every slot.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Asks {
    slots: BTreeMap<Slot, Asked>,
    generation: u64,
}

impl Asks {
    /// Asks, unless the slot's last question is the same one. A question that is to wait is sent when it comes up again
    /// after `delay`: moving through a list asks about the row where it ends.
    pub(crate) fn want(
        &mut self,
        slot: Slot,
        ask: Ask,
        delay: Duration,
        elapsed: Duration,
    ) -> Option<Effect> {
        let known = self.slots.get(&slot).filter(|asked| asked.ask == ask);
        let since = match known {
            Some(asked) if asked.sent => return None,
            Some(asked) => asked.since,
            None => elapsed,
        };
        let sent = elapsed.saturating_sub(since) >= delay;
        self.generation += 1;
        let generation = self.generation;
        self.slots.insert(slot, Asked { ask: ask.clone(), generation, since, sent, done: false });
        sent.then_some(Effect::Ask { slot, generation, ask })
    }

    /// Whether an answer is that to the slot's last question. With the last part of it the slot is free.
    pub(crate) fn accept(&mut self, slot: Slot, generation: u64, last: bool) -> bool {
        let Some(asked) = self.slots.get_mut(&slot) else { return false };
        let current = asked.generation == generation && asked.sent;
        asked.done |= current && last;
        current
    }

    /// Forgets the slot's question: the answer is of no interest any more, and the same one can be asked again.
    pub(crate) fn forget(&mut self, slot: Slot) {
        self.slots.remove(&slot);
    }

    /// Forgets every question, but for those whose answer says what was written.
    pub(crate) fn forget_all(&mut self) {
        self.slots.retain(|slot, asked| slot.writes() && asked.sent && !asked.done);
    }

    /// Since when the slot waits for an answer.
    pub(crate) fn running(&self, slot: Slot) -> Option<Duration> {
        let asked = self.slots.get(&slot)?;
        (asked.sent && !asked.done).then_some(asked.since)
    }

    /// Whether anything waits: for its time or for its answer.
    pub(crate) fn waiting(&self) -> bool {
        self.slots.values().any(|asked| !asked.done)
    }

    /// Whether a question waits for its time.
    pub(crate) fn delayed(&self) -> bool {
        self.slots.values().any(|asked| !asked.sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::worker::AggregatesAsk;

    fn staged(epoch: u64) -> Ask {
        Ask::Aggregates(AggregatesAsk::Staged { epoch })
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_question_is_asked_once_and_its_answer_taken_once_it_is_still_the_question() {
        let mut asks = Asks::default();
        let mut want = |epoch| {
            let effect = asks.want(Slot::Staged, staged(epoch), Duration::ZERO, millis(1));
            effect.map(|effect| match effect {
                Effect::Ask { generation, .. } => generation,
                other => panic!("{other:?}"),
            })
        };
        let first = want(1).unwrap();
        assert_eq!(want(1), None);
        let second = want(2).unwrap();
        assert!(!asks.accept(Slot::Staged, first, true), "a newer one was asked since");
        assert!(asks.accept(Slot::Staged, second, false) && asks.waiting());
        assert!(asks.accept(Slot::Staged, second, true) && !asks.waiting());
        assert!(!asks.accept(Slot::Page, second, true));
    }

    #[test]
    fn a_question_that_waits_is_asked_when_its_time_has_come() {
        let mut asks = Asks::default();
        let mut want =
            |epoch, at| asks.want(Slot::Preview, staged(epoch), millis(40), millis(at)).is_some();
        assert!(!want(1, 0) && !want(1, 39));
        assert!(!want(2, 39), "another one waits anew");
        assert!(!want(2, 78) && want(2, 79) && !want(2, 500));
        assert!(!asks.delayed());
    }
}
