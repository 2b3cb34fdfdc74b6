//! A list, page by page.

/// Which page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<'a> {
    /// What the page before said is next; the first page without.
    pub cursor: Option<&'a str>,
    /// How many lines at most; brought into 1 to [`PageRequest::MOST`].
    pub limit: u32,
}

impl PageRequest<'_> {
    /// The longest page. Longer ones hold a connection for longer than a sign-in takes.
    pub const MOST: u32 = 100;

    /// One more than asked for, which tells whether there is another page.
    pub(super) fn look_ahead(&self) -> u32 {
        self.limit.clamp(1, Self::MOST) + 1
    }
}

impl Default for PageRequest<'_> {
    fn default() -> Self {
        Self { cursor: None, limit: 50 }
    }
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its lines.
    pub items: Vec<T>,
    /// The cursor of the next one, where there is one.
    pub next: Option<String>,
}

/// Cuts what was read ahead off, and answers the last line where there was something to cut.
pub(super) fn cut<'l, T>(items: &'l mut Vec<T>, request: &PageRequest<'_>) -> Option<&'l T> {
    let limit = usize::try_from(request.look_ahead() - 1).unwrap_or(usize::MAX);
    let is_more = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| is_more)
}
