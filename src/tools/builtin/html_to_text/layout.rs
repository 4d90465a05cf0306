//! How much it takes to lay a page out, told before that is done, because the library cannot be stopped then. It lays
//! out nothing.

use crate::core::failure::{Failure, FailureKind, Outcome};
use html2text::{Element, Handle, RcDom};
use std::rc::Rc;

/// Deeper pages are refused: rendering recurses, and no page that a person wrote comes near.
const MAX_DEPTH: usize = 400;
/// Characters of lines that are as long as the page is wide: those around rows and cells, and those of cells.
const DRAWN: usize = 200_000_000;
/// Bytes of a page with tables that may become a line of a cell of their own, in a narrow column.
const LINE: usize = 16;
/// The most places of all tables of a page, rows times columns.
const PLACES: usize = 20_000_000;

/// Fails with `Invalid` if a page of so many bytes nests too deep or has too much in tables for the width.
pub(super) fn check(page: &RcDom, bytes: usize, width: usize) -> Outcome<()> {
    let (mut lines, mut places) = (0_usize, 0_usize);
    let mut open = vec![(Rc::clone(&page.document), 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > MAX_DEPTH {
            return Err(Failure::new(FailureKind::Invalid, format!("the page nests more than {MAX_DEPTH} elements")));
        }
        match name(&node) {
            "table" => places = places.saturating_add(places_of(&node)),
            "tr" | "td" | "th" => lines += 1,
            _ => {}
        }
        open.extend(node.children.borrow().iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    if lines > 0 && (lines + bytes / LINE).saturating_mul(width) > DRAWN {
        return Err(Failure::new(
            FailureKind::Invalid,
            format!("the page has too much in tables for a width of {width}"),
        )
        .hint("give a smaller width, or cut the page first"));
    }
    if places > PLACES {
        return Err(Failure::new(FailureKind::Invalid, format!("the tables of the page have over {PLACES} places"))
            .hint("cut the page first"));
    }
    Ok(())
}

fn name(node: &Handle) -> &str {
    match &node.data {
        Element { name, .. } => &name.local,
        _ => "",
    }
}

/// The children that are called by one of the names.
fn inside(node: &Handle, names: &[&str]) -> Vec<Handle> {
    node.children.borrow().iter().filter(|child| names.contains(&name(child))).cloned().collect()
}

/// Rows times columns of a table, at most: the library holds the widths of all columns for each row, and the cells that
/// reach down into it.
fn places_of(table: &Handle) -> usize {
    let (mut rows, mut columns, mut cells) = (0_usize, 0_usize, 0_usize);
    // Cells that reach into the next row: into how many rows yet, and over how many columns.
    let mut above: Vec<(usize, usize)> = Vec::new();
    for row in inside(table, &["thead", "tbody", "tfoot"]).iter().flat_map(|part| inside(part, &["tr"])) {
        above.extend(inside(&row, &["td", "th"]).iter().map(spans));
        rows += 1;
        cells += above.len();
        if cells > PLACES {
            return cells;
        }
        columns = columns.max(above.iter().fold(0, |sum, (_, across)| sum.saturating_add(*across)));
        above.retain_mut(|(down, _)| {
            *down -= 1;
            *down > 0
        });
    }
    // Those that reach beyond the last row get rows of their own there, together in each that one of them ends in.
    let below = above.len();
    let cells = cells.saturating_add(below.saturating_mul(below));
    (rows + below).saturating_mul(columns.min(cells)).saturating_add(cells)
}

/// The rows and columns that a cell takes.
fn spans(cell: &Handle) -> (usize, usize) {
    let Element { attrs, .. } = &cell.data else { return (1, 1) };
    let attrs = attrs.borrow();
    let span = |wanted: &str| attrs.iter().find(|attr| &*attr.name.local == wanted)?.value.parse::<usize>().ok();
    // A cell over 0 columns takes all that there are.
    let columns = span("colspan").map_or(1, |columns| if columns == 0 { usize::MAX } else { columns });
    (span("rowspan").unwrap_or(1).max(1), columns)
}
