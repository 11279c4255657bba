//! Cells that are one with others: only the first of them holds a value, so the others look blank.

/// Regions, followed from the first row to the last.
pub(super) struct Merges {
    /// Not reached yet, the last one first.
    ahead: Vec<[u32; 4]>,
    here: Vec<[u32; 4]>,
    row: u32,
}

impl Merges {
    /// Each as first row and column, last row and column.
    pub(super) fn new(mut regions: Vec<[u32; 4]>) -> Self {
        regions.sort_unstable_by(|a, b| b.cmp(a));
        Self {
            ahead: regions,
            here: Vec::new(),
            row: 0,
        }
    }

    /// Rows only grow.
    pub(super) fn go_to(&mut self, row: u32) {
        self.row = row;
        while let Some(region) = self.ahead.pop_if(|[first, ..]| *first <= row) {
            self.here.push(region);
        }
        self.here.retain(|[_, _, last, _]| *last >= row);
    }

    /// Whether the cell of this row and column hides behind another.
    pub(super) fn hide(&self, column: u32) -> bool {
        self.here.iter().any(|[row, first, _, last]| {
            (*first..=*last).contains(&column) && (*row, *first) != (self.row, column)
        })
    }
}
