//! Places for labels beside points, so that none lies on another or on a point
//! if there is room.

use crate::plot::canvas::{Align, Point, text_width};

/// A label with its place.
pub(super) struct Label {
    pub(super) text: String,
    pub(super) at: Point,
    pub(super) align: Align,
    /// Corners of the room that it takes.
    pub(super) room: (Point, Point),
}

#[derive(Clone, Copy)]
struct Rect {
    low: Point,
    high: Point,
}

impl Rect {
    fn around((x, y): Point, half: f64) -> Self {
        Self { low: (x - half, y - half), high: (x + half, y + half) }
    }

    /// The area that it shares with another.
    fn overlap(&self, other: &Self) -> f64 {
        let width = self.high.0.min(other.high.0) - self.low.0.max(other.low.0);
        let height = self.high.1.min(other.high.1) - self.low.1.max(other.low.1);
        width.max(0.0) * height.max(0.0)
    }

    /// The area of it that lies outside of another.
    fn outside(&self, frame: &Self) -> f64 {
        (self.high.0 - self.low.0) * (self.high.1 - self.low.1) - self.overlap(frame)
    }
}

/// A place for the label of each of `points`, inside of the frame between two
/// corners: the first of eight around its point that touches least of the
/// points, of `others` and of the labels before it.
pub(super) fn place(
    points: &[(Point, String)],
    others: &[Point],
    size: f64,
    frame: (Point, Point),
) -> Vec<Label> {
    let frame = Rect { low: frame.0, high: frame.1 };
    let mut marks: Vec<Rect> = points.iter().map(|(at, _)| Rect::around(*at, 7.0)).collect();
    marks.extend(others.iter().map(|at| Rect::around(*at, 4.0)));
    let mut taken: Vec<Rect> = Vec::new();
    let mut labels = Vec::new();
    for (at, text) in points {
        let width = text_width(text, size);
        let rect = |(dx, dy, align): (f64, f64, Align)| {
            let (x, y) = (at.0 + dx, at.1 + dy);
            let left = match align {
                Align::Left => x,
                Align::Centre => x - width / 2.0,
                Align::Right => x - width,
            };
            let half = size * 0.6;
            (Rect { low: (left, y - half), high: (left + width, y + half) }, (x, y), align)
        };
        let candidates = [
            (10.0, -10.0, Align::Left),
            (12.0, 0.0, Align::Left),
            (10.0, 12.0, Align::Left),
            (0.0, -17.0, Align::Centre),
            (0.0, 18.0, Align::Centre),
            (-10.0, -10.0, Align::Right),
            (-12.0, 0.0, Align::Right),
            (-10.0, 12.0, Align::Right),
        ]
        .map(rect);
        let cost = |rect: &Rect| {
            let on_marks: f64 = marks.iter().map(|mark| rect.overlap(mark)).sum();
            let on_labels: f64 = taken.iter().map(|other| rect.overlap(other)).sum();
            on_marks + 2.0 * on_labels + 10.0 * rect.outside(&frame)
        };
        let best = candidates.iter().min_by(|a, b| cost(&a.0).total_cmp(&cost(&b.0)));
        if let Some((rect, at, align)) = best {
            taken.push(*rect);
            let room = (rect.low, rect.high);
            labels.push(Label { text: text.clone(), at: *at, align: *align, room });
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_avoid_each_other() {
        let points: Vec<(Point, String)> =
            (0..4).map(|i| ((100.0 + 5.0 * f64::from(i), 100.0), "k = 8".to_owned())).collect();
        let labels = place(&points, &[], 12.0, ((0.0, 0.0), (300.0, 300.0)));
        let mut places: Vec<(i64, i64)> =
            labels.iter().map(|label| (label.at.0 as i64, label.at.1 as i64)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), 4);
    }
}
