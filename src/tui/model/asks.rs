//! What was asked of the worker, and whether the answer still matters.

use crate::tui::msg::Effect;
use crate::tui::worker::{Ask, Slot};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest pause between the answer to a question and the same question about a longer log.
const REST_MAX: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, PartialEq)]
struct Asked {
    ask: Ask,
    generation: u64,
    /// When the question came up.
    since: Duration,
    /// Before when it is not sent, however urgent it is.
    earliest: Duration,
    /// When its time has come.
    due: Duration,
    /// In which round it was wanted last.
    round: u64,
    /// When it was sent.
    sent: Option<Duration>,
    /// When it was answered.
    answered: Option<Duration>,
}

impl Asked {
    fn new(ask: Ask, since: Duration) -> Self {
        Self {
            ask,
            generation: 0,
            since,
            earliest: Duration::ZERO,
            due: since,
            round: 0,
            sent: None,
            answered: None,
        }
    }

    /// The same question about a longer log, in the place of this one; `None` while this one is being answered. Where
    /// events come faster than an answer, there would never be one if each of them asked anew. An answer is followed by as
    /// long a pause, up to [`REST_MAX`]: that time is left to whoever writes.
    fn again(&self, ask: Ask, elapsed: Duration) -> Option<Self> {
        let Some(sent) = self.sent else { return Some(Self { ask, ..self.clone() }) };
        let answered = self.answered?;
        let earliest = answered + answered.saturating_sub(sent).min(REST_MAX);
        Some(Self { earliest, ..Self::new(ask, elapsed) })
    }
}

/// The last question of every slot.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Asks {
    slots: BTreeMap<Slot, Asked>,
    generation: u64,
    round: u64,
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
        let next = match self.slots.get(&slot) {
            Some(asked) if asked.ask == ask && asked.sent.is_some() => return None,
            Some(asked) if asked.ask == ask => asked.clone(),
            Some(asked) if asked.ask.is_same_but_for_the_log(&ask) => asked.again(ask, elapsed)?,
            _ => Asked::new(ask, elapsed),
        };
        let due = (next.since + delay).max(next.earliest);
        let sent = (elapsed >= due).then_some(elapsed);
        self.generation += 1;
        let (generation, round) = (self.generation, self.round);
        let asked = Asked { generation, due, round, sent, ..next };
        let effect = sent.map(|_| Effect::Ask { slot, generation, ask: asked.ask.clone() });
        self.slots.insert(slot, asked);
        effect
    }

    /// Begins a round in which everything is wanted that is to be seen.
    pub(crate) fn begin(&mut self) {
        self.round += 1;
    }

    /// Ends a round: what waits for its time and is not wanted any more is forgotten.
    pub(crate) fn end(&mut self) {
        let round = self.round;
        self.slots.retain(|_, asked| asked.sent.is_some() || asked.round == round);
    }

    /// Whether an answer, which came after `elapsed`, is that to the slot's last question. With the last part of it the slot
    /// is free.
    pub(crate) fn accept(
        &mut self,
        slot: Slot,
        generation: u64,
        last: bool,
        elapsed: Duration,
    ) -> bool {
        let Some(asked) = self.slots.get_mut(&slot) else { return false };
        let current = asked.generation == generation && asked.sent.is_some();
        if current && last {
            asked.answered.get_or_insert(elapsed);
        }
        current
    }

    /// Forgets the slot's question: the answer is of no interest any more, and the same one can be asked again.
    pub(crate) fn forget(&mut self, slot: Slot) {
        self.slots.remove(&slot);
    }

    /// Forgets every question, but for those whose answer says what was written.
    pub(crate) fn forget_all(&mut self) {
        self.slots.retain(|slot, asked| {
            slot.writes() && asked.sent.is_some() && asked.answered.is_none()
        });
    }

    /// Since when the slot waits for an answer.
    pub(crate) fn running(&self, slot: Slot) -> Option<Duration> {
        let asked = self.slots.get(&slot)?;
        asked.sent.filter(|_| asked.answered.is_none())
    }

    /// Whether the slot's last question has its answer, or an error for one.
    pub(crate) fn is_answered(&self, slot: Slot) -> bool {
        self.slots.get(&slot).is_some_and(|asked| asked.answered.is_some())
    }

    /// Whether something was asked in the slot, or is to be.
    pub(crate) fn holds(&self, slot: Slot) -> bool {
        self.slots.contains_key(&slot)
    }

    /// Whether an answer is waited for.
    pub(crate) fn waiting(&self) -> bool {
        self.slots.keys().any(|slot| self.running(*slot).is_some())
    }

    /// When the time of the next question comes that waits for it.
    pub(crate) fn due(&self) -> Option<Duration> {
        let waiting = self.slots.values().filter(|asked| asked.sent.is_none());
        waiting.map(|asked| asked.due).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::model::Name;
    use crate::tui::worker::{AggregatesAsk, TimelineAsk};
    use crate::wire::ListQuery;

    fn state(version: u64) -> Ask {
        let name = Name { aggregate_type: "order".into(), id: "1".into() };
        Ask::Timeline(TimelineAsk::State { name, version })
    }

    fn staged(epoch: u64) -> Ask {
        Ask::Aggregates(AggregatesAsk::Staged { epoch })
    }

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_question_is_asked_once_and_its_answer_taken_once_it_is_still_the_question() {
        let mut asks = Asks::default();
        let mut want = |version| {
            let effect = asks.want(Slot::State, state(version), Duration::ZERO, millis(1));
            effect.map(|effect| match effect {
                Effect::Ask { generation, .. } => generation,
                other => panic!("{other:?}"),
            })
        };
        let first = want(1).unwrap();
        assert_eq!(want(1), None);
        let second = want(2).unwrap();
        let mut accept = |slot, generation, last| asks.accept(slot, generation, last, millis(2));
        assert!(!accept(Slot::State, first, true), "a newer one was asked since");
        assert!(!accept(Slot::Page, second, true));
        assert!(accept(Slot::State, second, false));
        assert!(asks.waiting());
        assert!(asks.accept(Slot::State, second, true, millis(3)) && !asks.waiting());
    }

    #[test]
    fn a_log_that_grows_faster_than_it_is_read_still_gets_its_answers() {
        let mut asks = Asks::default();
        let mut generations = Vec::new();
        let count =
            |query, epoch| Ask::Aggregates(AggregatesAsk::Count { query, epoch, revision: 0 });
        // The log grows every 10 ms, and an answer takes 100.
        let (mut answer_at, mut asked_at) = (None, Vec::new());
        for at in (0..1000).step_by(10) {
            if answer_at == Some(at) {
                let generation = *generations.last().unwrap();
                assert!(asks.accept(Slot::Count, generation, true, millis(at)), "at {at} ms");
                answer_at = None;
            }
            let effect =
                asks.want(Slot::Count, count(ListQuery::default(), at), Duration::ZERO, millis(at));
            if let Some(Effect::Ask { generation, .. }) = effect {
                generations.push(generation);
                asked_at.push(at);
                answer_at = Some(at + 100);
            }
        }
        assert_eq!(asked_at, [0, 200, 400, 600, 800], "half of the time is not spent reading");
        let other = count(ListQuery { archived: true, ..ListQuery::default() }, 5);
        assert!(asks.want(Slot::Count, other, Duration::ZERO, millis(1001)).is_some());
    }

    #[test]
    fn a_question_that_waits_is_asked_when_its_time_has_come() {
        let mut asks = Asks::default();
        let mut want =
            |version, at| asks.want(Slot::State, state(version), millis(40), millis(at)).is_some();
        assert!(!want(1, 0) && !want(1, 39));
        assert!(!want(2, 39), "another one waits anew");
        assert!(!want(2, 78) && want(2, 79) && !want(2, 500));
        assert_eq!(asks.due(), None);
        let mut want =
            |epoch, at| asks.want(Slot::Staged, staged(epoch), millis(40), millis(at)).is_some();
        assert!(!want(1, 0) && !want(2, 39) && want(3, 40), "a log that grows delays nothing");
        // Who goes elsewhere before its time has come is not waited for.
        asks.begin();
        assert!(asks.want(Slot::State, state(9), millis(40), millis(600)).is_none());
        asks.end();
        assert_eq!(asks.due(), Some(millis(640)));
        asks.begin();
        asks.end();
        assert_eq!(
            (asks.due(), asks.holds(Slot::State), asks.holds(Slot::Staged)),
            (None, false, true)
        );
    }
}
