//! The table of goals, in Markdown.

use std::fmt::Write as _;

use crate::figures::Series;

/// What a goal asks of a row: of the ratio where there is a control, else of the figure itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// No goal: told to judge the others by.
    Told,
}

/// One figure, its control and its goal.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) goal: u8,
    pub(crate) what: String,
    pub(crate) unit: &'static str,
    pub(crate) measured: Series,
    pub(crate) control: Option<Series>,
    pub(crate) target: Target,
}

const HEAD: &str = "| goal | what | measured | control | ratio | spread | target | met |\n\
    | --- | --- | --- | --- | --- | --- | --- | --- |\n";

impl Row {
    /// A row without a control.
    pub(crate) fn alone(
        goal: u8,
        what: impl Into<String>,
        unit: &'static str,
        measured: Series,
        target: Target,
    ) -> Self {
        Self { goal, what: what.into(), unit, measured, control: None, target }
    }

    pub(crate) fn beside(self, control: Series) -> Self {
        Self { control: Some(control), ..self }
    }

    /// What the target is held against.
    fn judged(&self) -> Series {
        self.control.as_ref().map_or_else(|| self.measured.clone(), |control| self.measured.over(control))
    }

    /// `None` where nothing was asked or nothing was measured.
    pub(crate) fn is_met(&self) -> Option<bool> {
        let median = self.judged().median()?;
        match self.target {
            Target::AtLeast(bound) => Some(median >= bound),
            Target::AtMost(bound) => Some(median <= bound),
            Target::Told => None,
        }
    }

    fn render(&self, table: &mut String) {
        let judged = self.judged();
        let unit = if self.control.is_some() { "" } else { self.unit };
        let spread = match (judged.least(), judged.most()) {
            (Some(least), Some(most)) => format!("{} to {}", number(least), number(most)),
            _ => "-".to_owned(),
        };
        let control =
            self.control.as_ref().map_or_else(|| "-".to_owned(), |control| figure(control.median(), self.unit));
        let ratio = if self.control.is_some() { figure(judged.median(), "") } else { "-".to_owned() };
        let target = match self.target {
            Target::AtLeast(bound) => format!("at least {}", figure(Some(bound), unit)),
            Target::AtMost(bound) => format!("at most {}", figure(Some(bound), unit)),
            Target::Told => "-".to_owned(),
        };
        let met = match (self.target, self.is_met()) {
            (_, Some(true)) => "yes",
            (_, Some(false)) => "**no**",
            (Target::Told, None) if self.measured.median().is_some() => "-",
            (_, None) => "**not measured**",
        };
        let measured = figure(self.measured.median(), self.unit);
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            table,
            "| {} | {} | {measured} | {control} | {ratio} | {spread} | {target} | {met} |",
            self.goal, self.what
        );
    }
}

/// Medians of all runs; `spread` is that of the ratio, or of the figure where there is no control.
pub(crate) fn render(rows: &[Row]) -> String {
    let mut table = HEAD.to_owned();
    for row in rows {
        row.render(&mut table);
    }
    table
}

fn figure(value: Option<f64>, unit: &str) -> String {
    match value {
        Some(value) if unit.is_empty() => number(value),
        Some(value) => format!("{} {unit}", number(value)),
        None => "-".to_owned(),
    }
}

/// Three digits or so: more would be noise.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(measured: &[f64], target: Target) -> Row {
        Row::alone(1, "sign-ins", "/s", measured.iter().copied().collect(), target)
    }

    #[test]
    fn a_row_with_a_control_is_judged_by_the_median_of_its_ratios() {
        let row = row(&[96.0, 40.0, 99.0], Target::AtLeast(0.95)).beside([100.0, 100.0, 100.0].into_iter().collect());
        assert_eq!(row.is_met(), Some(true));
        assert_eq!(
            render(&[row]).lines().last(),
            Some("| 1 | sign-ins | 96.0 /s | 100 /s | 0.96 | 0.40 to 0.99 | at least 0.95 | yes |")
        );
    }

    #[test]
    fn a_row_without_a_control_is_judged_by_its_own_median() {
        let row = row(&[30.0, 10.0], Target::AtMost(19.0));
        assert_eq!(
            render(&[row]).lines().last(),
            Some("| 1 | sign-ins | 20.0 /s | - | - | 10.0 to 30.0 | at most 19.0 /s | **no** |")
        );
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        let row = row(&[], Target::AtMost(19.0));
        assert_eq!(row.is_met(), None);
        assert_eq!(
            render(&[row]).lines().last(),
            Some("| 1 | sign-ins | - | - | - | - | at most 19.0 /s | **not measured** |")
        );
    }

    #[test]
    fn what_was_to_be_told_and_was_not_measured_is_said() {
        let line = |measured| render(&[row(measured, Target::Told)]).lines().last().unwrap().to_owned();
        assert!(line(&[]).ends_with("| - | **not measured** |"));
        assert!(line(&[1.0]).ends_with("| - | - |"));
    }

    #[test]
    fn a_control_that_is_missing_meets_nothing() {
        let row = row(&[96.0], Target::AtLeast(0.95)).beside(Series::default());
        assert_eq!(row.is_met(), None);
    }

    #[test]
    fn bounds_are_met_by_what_equals_them() {
        assert_eq!(row(&[19.0], Target::AtMost(19.0)).is_met(), Some(true));
        assert_eq!(row(&[19.0], Target::AtLeast(19.0)).is_met(), Some(true));
        assert_eq!(row(&[19.0], Target::Told).is_met(), None);
    }

    #[test]
    fn the_head_has_as_many_columns_as_a_row() {
        let text = render(&[row(&[1.0], Target::Told)]);
        let columns: Vec<_> = text.lines().map(|line| line.matches('|').count()).collect();
        assert_eq!(columns, [9, 9, 9]);
    }

    #[test]
    fn numbers_have_about_three_digits() {
        for (value, text) in
            [(0.956, "0.96"), (9.994, "9.99"), (9.996, "10.0"), (99.94, "99.9"), (99.96, "100"), (48_211.4, "48211")]
        {
            assert_eq!(number(value), text);
        }
    }
}
