//! Pages put together until one is as long as was asked for.

use crate::error::Result;
use crate::service::room::Room;
use crate::wire::{AggregatePage, ListQuery};

/// The page of a list, from the parts in which whoever has the store gives it: each looks at so many aggregates and no
/// more, so that it never takes long, and reads the store anew, so that nothing waits for all of them.
pub(in crate::service) fn whole(
    query: &ListQuery,
    page_limit: usize,
    part: impl Fn(&ListQuery) -> Result<AggregatePage>,
) -> Result<AggregatePage> {
    let take = query.take.unwrap_or(page_limit).min(page_limit);
    let mut page = part(query)?;
    let mut room = Room::page();
    let mut counted = 0;
    while page.partial {
        for item in page.items.iter().skip(counted) {
            room.take_json(&item.state);
        }
        counted = page.items.len();
        let full = counted >= take || room.is_full();
        // Where all are there, it is still to be known whether there are more.
        let rest = if full { 1 } else { take - counted };
        let query =
            ListQuery { after: page.next.clone(), skip: 0, take: Some(rest), ..query.clone() };
        let more = part(&query)?;
        if full && !more.items.is_empty() {
            page.partial = false;
            break;
        }
        page.items.extend(more.items);
        (page.next, page.partial) = (more.next, more.partial);
    }
    Ok(page)
}
