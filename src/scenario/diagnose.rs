//! What is wrong with a scenario, shown in place: every problem of a file in
//! one go, each with file, line, key, what was found and what is allowed.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text that values come from: the scenario file or an argument such as
/// `--set`. All
/// texts share one space of positions, so that a span alone tells its text.
#[derive(Debug)]
pub(super) struct Source {
    /// What messages call it.
    pub(super) name: String,
    /// Its content.
    pub(super) text: String,
    /// Where it begins in the space of positions.
    pub(super) base: usize,
}

impl Source {
    /// One past the last position.
    pub(super) fn end(&self) -> usize {
        self.base + self.text.len()
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Issue {
    /// Where; nowhere if the file could not even be read.
    pub(super) span: Option<Range<usize>>,
    /// What is wrong, with the key.
    pub(super) title: String,
    /// What was found and what is allowed.
    pub(super) label: String,
    /// What to do about it.
    pub(super) help: Option<String>,
}

/// Problems as they are found.
#[derive(Debug, Default)]
pub(super) struct Issues(RefCell<Vec<Issue>>);

impl Issues {
    /// Adds a problem.
    pub(super) fn push(
        &self,
        span: Range<usize>,
        title: impl Into<String>,
        label: impl Into<String>,
        help: Option<String>,
    ) {
        let (title, label) = (title.into(), label.into());
        self.0.borrow_mut().push(Issue { span: Some(span), title, label, help });
    }

    /// Whether none was found.
    pub(super) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// How many were found.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Adds problems, but none twice.
    pub(super) fn extend(&self, problems: Vec<Issue>) {
        let mut issues = self.0.borrow_mut();
        for problem in problems {
            if !issues.contains(&problem) {
                issues.push(problem);
            }
        }
    }

    /// All problems, as they were found.
    pub(super) fn into_inner(self) -> Vec<Issue> {
        self.0.into_inner()
    }

    /// All problems, in the order of the text, with the texts to show them in.
    pub(super) fn into_diagnostics(self, sources: Vec<Source>) -> Diagnostics {
        let mut issues = self.0.into_inner();
        issues.sort_by_key(|issue| issue.span.as_ref().map(|span| (span.start, span.end)));
        Diagnostics { sources, issues }
    }
}

/// Everything that is wrong with a scenario; never empty.
#[derive(Debug)]
pub struct Diagnostics {
    sources: Vec<Source>,
    issues: Vec<Issue>,
}

impl Diagnostics {
    /// The file could not be read.
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let title = format!("cannot read the scenario `{}`: {error}", path.display());
        let issue = Issue { span: None, title, label: String::new(), help: None };
        Self { sources: Vec::new(), issues: vec![issue] }
    }

    /// How many problems there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.issues.len()
    }

    /// All problems as a text for people, coloured or not.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let shown: Vec<String> =
            self.issues.iter().map(|issue| renderer.render(&[self.group(issue)])).collect();
        shown.join("\n\n")
    }

    fn group<'a>(&'a self, issue: &'a Issue) -> Group<'a> {
        let title = Level::ERROR.primary_title(issue.title.as_str());
        let mut group = Group::with_title(title);
        if let Some((source, span)) = issue.span.as_ref().and_then(|span| self.locate(span)) {
            let mark = AnnotationKind::Primary.span(span).label(issue.label.as_str());
            let snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
            group = group.element(snippet.annotation(mark));
        }
        match &issue.help {
            Some(help) => group.element(Level::HELP.message(help.as_str())),
            None => group,
        }
    }

    /// The text that holds `span`, and the span within it, cut at the end of
    /// its first line: a whole table need not be drawn.
    fn locate(&self, span: &Range<usize>) -> Option<(&Source, Range<usize>)> {
        let source = self.sources.iter().rev().find(|source| source.base <= span.start)?;
        let start = (span.start - source.base).min(source.text.len());
        let end = (span.end - source.base).clamp(start, source.text.len());
        let end = source.text[start..end].find('\n').map_or(end, |newline| start + newline);
        Some((source, start..end))
    }
}
