//! Session traces: a CSV of who was up when, `node,start_s,end_s` or
//! `client,start_s,end_s`. `#` starts a comment line.
//!
//! Nodes are numbered by first appearance. A session of no length (traces with
//! whole seconds have them) is dropped; one that begins the instant another of
//! its node ends continues it; one that overlaps another is an error. What
//! lies after the end of the run is cut off.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::base::time::{SimDuration, SimTime};
use crate::sim::spec::{SessionTrace, TraceSession};

/// Why a trace cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum TraceError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}:{line}: expected the header `node,start_s,end_s`, found `{found}`", path.display())]
    Header { path: PathBuf, line: usize, found: String },
    #[error("{}:{line}: expected 3 fields, `node,start_s,end_s`, found {found}", path.display())]
    Fields { path: PathBuf, line: usize, found: usize },
    #[error("{}:{line}: `{column}` is `{found}`, expected seconds, 0 or above", path.display())]
    Number { path: PathBuf, line: usize, column: &'static str, found: String },
    #[error("{}:{line}: the session ends before it starts", path.display())]
    Backwards { path: PathBuf, line: usize },
    #[error("{}:{line}: this session of node `{node}` overlaps the one of line {other}", path.display())]
    Overlap { path: PathBuf, line: usize, other: usize, node: String },
    #[error("{}: no session before the end of the run", path.display())]
    Empty { path: PathBuf },
}

impl TraceError {
    /// The message's first half, after the key.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::Io { .. } => "cannot be read",
            Self::Overlap { .. } => "has sessions of one node that overlap",
            Self::Empty { .. } => "has no sessions",
            _ => "is not a session trace",
        }
    }

    /// What to do about it.
    pub(super) fn help(&self) -> Option<String> {
        match self {
            Self::Io { .. } => Some("paths are relative to the scenario file".into()),
            Self::Overlap { .. } => Some("a node is up at most once at a time: join them".into()),
            _ => None,
        }
    }
}

/// A session and the line it stands on.
type Placed = (TraceSession, usize);

/// Reads the trace at `path`, cut off at `duration`.
pub(super) fn load(path: &Path, duration: SimDuration) -> Result<SessionTrace, TraceError> {
    let mut names = BTreeMap::new();
    let mut sessions = read_lines(path, &mut names)?;
    sessions.sort_by_key(|(session, line)| (session.node, session.start, session.end, *line));
    check_overlaps(&sessions, &names, path)?;
    let end = SimTime::ZERO + duration;
    let mut kept: Vec<TraceSession> = Vec::with_capacity(sessions.len());
    for (session, _) in sessions {
        let session = TraceSession { end: session.end.min(end), ..session };
        match kept.last_mut() {
            _ if session.start >= session.end => {}
            Some(last) if last.node == session.node && last.end == session.start => {
                last.end = session.end;
            }
            _ => kept.push(session),
        }
    }
    let nodes = renumber(&mut kept);
    if nodes == 0 {
        return Err(TraceError::Empty { path: path.to_owned() });
    }
    Ok(SessionTrace { path: path.to_owned(), nodes, sessions: kept })
}

/// All sessions in the order of the file.
fn read_lines(path: &Path, names: &mut BTreeMap<String, u32>) -> Result<Vec<Placed>, TraceError> {
    let io_error = |error| TraceError::Io { path: path.to_owned(), error };
    let file = File::open(path).map_err(io_error)?;
    let (mut header_seen, mut sessions) = (false, Vec::new());
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(io_error)?;
        let line = line.trim().trim_start_matches('\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if header_seen {
            sessions.push((read_session(line, number, names, path)?, number));
        } else if matches!(line, "node,start_s,end_s" | "client,start_s,end_s") {
            header_seen = true;
        } else {
            let found = line.chars().take(60).collect();
            return Err(TraceError::Header { path: path.to_owned(), line: number, found });
        }
    }
    Ok(sessions)
}

fn read_session(
    text: &str,
    line: usize,
    names: &mut BTreeMap<String, u32>,
    path: &Path,
) -> Result<TraceSession, TraceError> {
    let fields: Vec<&str> = text.split(',').map(str::trim).collect();
    let [name, start, end] = fields[..] else {
        return Err(TraceError::Fields { path: path.to_owned(), line, found: fields.len() });
    };
    let time = |text: &str, column| match text.parse::<f64>() {
        Ok(s) if s.is_finite() && s >= 0.0 => Ok(SimTime::ZERO + SimDuration::from_secs_f64(s)),
        _ => {
            let found = text.chars().take(40).collect();
            Err(TraceError::Number { path: path.to_owned(), line, column, found })
        }
    };
    let (start, end) = (time(start, "start_s")?, time(end, "end_s")?);
    if end < start {
        return Err(TraceError::Backwards { path: path.to_owned(), line });
    }
    let next = names.len() as u32;
    let node = *names.entry(name.to_owned()).or_insert(next);
    Ok(TraceSession { node, start, end })
}

fn check_overlaps(
    sorted: &[Placed],
    names: &BTreeMap<String, u32>,
    path: &Path,
) -> Result<(), TraceError> {
    let lasting = sorted.iter().filter(|(session, _)| session.end > session.start);
    let mut last: Option<&Placed> = None;
    for placed in lasting {
        if let Some((before, other)) = last
            && before.node == placed.0.node
            && before.end > placed.0.start
        {
            let name = names.iter().find(|(_, node)| **node == before.node);
            return Err(TraceError::Overlap {
                path: path.to_owned(),
                line: placed.1.max(*other),
                other: placed.1.min(*other),
                node: name.map(|(name, _)| name.clone()).unwrap_or_default(),
            });
        }
        last = Some(placed);
    }
    Ok(())
}

/// Numbers the nodes that are left without gaps, in the same order; says how
/// many they are.
fn renumber(sessions: &mut [TraceSession]) -> u32 {
    let (mut count, mut last) = (0, None);
    for session in sessions {
        if last != Some(session.node) {
            last = Some(session.node);
            count += 1;
        }
        session.node = count - 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(u32, f64, f64)>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t");
        std::fs::write(&path, text).unwrap();
        let seconds = |s: &TraceSession| (s.node, s.start.as_secs_f64(), s.end.as_secs_f64());
        load(&path, SimDuration::from_secs(100))
            .map(|trace| trace.sessions.iter().map(seconds).collect())
            .map_err(|error| error.to_string().replace(path.to_str().unwrap(), "t"))
    }

    #[test]
    fn sessions_are_sorted_cut_joined_and_numbered_by_first_appearance() {
        let text = "# made up\nclient,start_s,end_s\nlate,200,300\nb,50,60\na,90,1e9\na,0,10.5\n\
                    b,60,70\na,20,20\n";
        assert_eq!(read(text).unwrap(), [(0, 50.0, 70.0), (1, 0.0, 10.5), (1, 90.0, 100.0)]);
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_place() {
        let with_header = |rows: &str| format!("node,start_s,end_s\n{rows}\n");
        let cases = [
            ("a,1,2\n".to_owned(), "t:1: expected the header `node,start_s,end_s`, found `a,1,2`"),
            (with_header("a,1"), "t:2: expected 3 fields, `node,start_s,end_s`, found 2"),
            (with_header("a,1,2\na,x,4"), "t:3: `start_s` is `x`, expected seconds, 0 or above"),
            (with_header("a,1,inf"), "t:2: `end_s` is `inf`, expected seconds, 0 or above"),
            (with_header("a,-1,2"), "t:2: `start_s` is `-1`, expected seconds, 0 or above"),
            (with_header("a,3,2"), "t:2: the session ends before it starts"),
            (
                with_header("a,5,9\nb,0,9\na,1,6"),
                "t:4: this session of node `a` overlaps the one of line 2",
            ),
            (with_header("a,100,200"), "t: no session before the end of the run"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(&text).unwrap_err(), expected, "{text}");
        }
    }
}
