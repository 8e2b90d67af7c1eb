use crate::cli::args::rows;
use crate::cli::context::Context;
use crate::cli::failure::{Exit, Failure, Outcome};
use crate::cli::follow::{self, Walk};
use crate::cli::output::{Align, Table, event_line, quantity};
use crate::cli::usage;
use crate::service::{Caller, Service};
use crate::wire::{CursorUpdate, Decimal64, Include, OutboxQuery};
use clap::Args;

/// Print events behind a consumer's place
///
/// With `--json` one record a line. At the end it says where to go on: past everything that was looked at, whether or not
/// it was left out.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dbx outbox read --take 100                         the first hundred
  dbx outbox read --after 7193847362846720           behind the event with this id
  dbx outbox read --after '#4211' --where 'type:order' --follow
  dbx outbox read --cursor billing --advance --json | ./bill
                                                     each page, then the cursor moves behind it")]
pub(crate) struct ReadArgs {
    /// Only events of this type
    #[arg(value_name = "TYPE")]
    aggregate_type: Option<String>,
    /// Behind the event with this id, or behind a position as `#4211` (quote it: '#4211')
    #[arg(long, value_name = "EVENT_ID|#POSITION")]
    after: Option<String>,
    /// At most N events
    #[arg(short = 'n', long, value_name = "N", value_parser = rows)]
    take: Option<usize>,
    /// Only those that match, such as `event:order_paid total:>100`
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true)]
    filter: Option<String>,
    /// Also the events of archived aggregates
    #[arg(long)]
    archived: bool,
    /// Wait for more, until interrupted
    #[arg(short = 'F', long)]
    follow: bool,
    /// Behind the cursor that dbx keeps under this name; from the first event on where there is none
    #[arg(long, value_name = "NAME", conflicts_with = "after")]
    cursor: Option<String>,
    /// Move the cursor behind each page once it is printed
    #[arg(long, requires = "cursor")]
    advance: bool,
}

/// How many events are read at a time.
const PAGE: usize = 512;

pub(super) fn run(context: &mut Context, args: &ReadArgs) -> Outcome {
    let mut reading = Reading {
        query: query(args)?,
        cursor: args.cursor.clone(),
        started: false,
        advance: args.advance,
        left: args.take.unwrap_or(usize::MAX),
        position: 0,
        moved: 0,
        asked: false,
        id: None,
        filtered: 0,
        table: Table::new(&[("", Align::Left); 5]),
    };
    if args.follow {
        return follow::run(context, &mut reading);
    }
    let (service, reader) = if args.advance {
        (context.open_to_write()?, context.reader())
    } else {
        (context.open()?, context.reader())
    };
    context.ui.page();
    reading.drain(context, &service, &reader)?;
    service.close()?;
    reading.say_next(context);
    Ok(Exit::Ok)
}

fn query(args: &ReadArgs) -> Result<OutboxQuery, Failure> {
    let number = |digits: &str, text: &str| -> Result<u64, Failure> {
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| all).ok_or_else(|| {
            usage::error(format!("--after: `{text}` is neither an event id nor a position"))
                .help("an event id is a number, a position one with `#` before it")
                .into()
        })
    };
    let (after, after_event_id) = match args.after.as_deref() {
        None => (None, None),
        Some(text) => match text.strip_prefix('#') {
            Some(digits) => (Some(number(digits, text)?), None),
            None => (None, Some(number(text, text)?)),
        },
    };
    Ok(OutboxQuery {
        after_event_id,
        after,
        aggregate_type: args.aggregate_type.clone(),
        filter: args.filter.clone(),
        include: args.archived.then_some(Include::Archived),
        ..OutboxQuery::default()
    })
}

/// A walk through the outbox, as far as it got.
#[derive(Debug)]
struct Reading {
    query: OutboxQuery,
    cursor: Option<String>,
    /// Whether it is known where the cursor stands.
    started: bool,
    advance: bool,
    left: usize,
    /// The position that the walk got to, and the id of the event there.
    position: u64,
    /// Where the cursor stands, as far as it is known.
    moved: u64,
    /// Whether it was told to stand at `position`, and nobody said that it does.
    asked: bool,
    id: Option<String>,
    filtered: u64,
    table: Table,
}

impl Walk for Reading {
    fn done(&self) -> bool {
        self.left == 0 && !self.lags()
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn drain(
        &mut self,
        context: &mut Context,
        service: &Service,
        reader: &Caller,
    ) -> Result<(), Failure> {
        self.start(service, reader)?;
        // What was printed before the connection was lost is not printed again: the cursor comes after it.
        self.move_cursor(service, reader)?;
        while self.left > 0 {
            self.query.take = Some(self.left.min(PAGE));
            let page = service.outbox(reader, &self.query)?;
            self.left = self.left.saturating_sub(page.events.len());
            self.filtered += page.filtered;
            for event in &page.events {
                if context.ui.json() {
                    context.ui.record(event)?;
                } else {
                    self.table.row(event_line(event));
                }
            }
            context.ui.rows(&mut self.table)?;
            // What is printed is handed over before the cursor says so: what is lost in between comes again.
            context.ui.flush()?;
            let next = page.next.parse().unwrap_or(self.position);
            (self.query.after, self.query.after_event_id) = (Some(next), None);
            (self.position, self.id) = (next, Some(page.next_after_event_id));
            self.move_cursor(service, reader)?;
            if !page.more {
                break;
            }
        }
        Ok(())
    }
}

/// Where a cursor stands.
fn place(service: &Service, reader: &Caller, name: &str) -> Result<u64, Failure> {
    match service.outbox_cursor(reader, name) {
        Ok(cursor) => Ok(cursor.position.parse().unwrap_or(0)),
        Err(error) if error.code() == "dbx::cursor::unknown" => Ok(0),
        Err(error) => Err(error.into()),
    }
}

impl Reading {
    /// Finds the cursor, once.
    fn start(&mut self, service: &Service, reader: &Caller) -> Result<(), Failure> {
        let Some(name) = self.cursor.as_deref().filter(|_| !self.started) else { return Ok(()) };
        let found = place(service, reader, name)?;
        (self.position, self.query.after, self.started) = (found, Some(found), true);
        self.moved = found;
        Ok(())
    }

    /// Whether the cursor has to be moved behind what was printed.
    fn lags(&self) -> bool {
        self.advance && self.moved != self.position
    }

    /// Moves the cursor behind what was printed, if nobody else did.
    fn move_cursor(&mut self, service: &Service, reader: &Caller) -> Result<(), Failure> {
        let Some(name) = self.cursor.as_deref().filter(|_| self.lags()) else { return Ok(()) };
        // A call that was cut off may have been done.
        let done = self.asked && place(service, reader, name)? == self.position;
        if !done {
            self.asked = true;
            let update = CursorUpdate {
                position: Some(Decimal64(self.position)),
                expected: Some(Decimal64(self.moved)),
                ..CursorUpdate::default()
            };
            service.outbox_cursor_set(reader, name, &update)?;
        }
        (self.moved, self.asked) = (self.position, false);
        Ok(())
    }

    fn say_next(&self, context: &mut Context) {
        let left_out = match self.filtered {
            0 => String::new(),
            count => format!("; {} left out", quantity(count, "event", "events")),
        };
        let id = self.id.as_deref().unwrap_or("0");
        let next = match &self.cursor {
            Some(name) if self.advance => format!("`{name}` is at #{}", self.position),
            _ => format!("next: `--after {id}` (#{})", self.position),
        };
        context.ui.hint(format!("{next}{left_out}"));
    }
}
