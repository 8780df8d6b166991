//! Turns a drawing into pixels. The font travels inside the program, so a
//! machine without any fonts draws the same text, and the system's fonts are
//! never looked at.

use std::path::Path;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::PlotError;

/// Image pixels per CSS pixel.
pub(super) const SCALE: f32 = 2.0;

/// DejaVu Sans, whose licence lies beside it.
pub(super) const FONT: &[u8] = include_bytes!("../../assets/fonts/DejaVuSans.ttf");

/// Renders drawings with the embedded font, loaded once.
pub(super) struct Renderer {
    options: Options<'static>,
}

impl Renderer {
    pub(super) fn new() -> Self {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(FONT.to_vec());
        fonts.set_sans_serif_family("DejaVu Sans");
        let options = Options {
            fontdb: Arc::new(fonts),
            font_family: "DejaVu Sans".to_owned(),
            ..Options::default()
        };
        Self { options }
    }

    /// The PNG of `svg`; `path` is named in errors.
    pub(super) fn png(&self, svg: &str, path: &Path) -> Result<Vec<u8>, PlotError> {
        let failed = PlotError::render(path);
        let tree = Tree::from_str(svg, &self.options).map_err(PlotError::render(path))?;
        let size = tree.size();
        let pixels = |length: f32| (length * SCALE).round() as u32;
        let mut image = Pixmap::new(pixels(size.width()), pixels(size.height()))
            .ok_or_else(|| failed("it has no area"))?;
        resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut image.as_mut());
        image.encode_png().map_err(PlotError::render(path))
    }
}
