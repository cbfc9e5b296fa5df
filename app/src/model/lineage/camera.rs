//! Where one looks from: the world's point in the middle of the view, and how large it is drawn.

/// Size of the drawing area in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Frame {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A point of view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// World point in the middle.
    pub x: f64,
    /// World point in the middle.
    pub y: f64,
    /// Pixels for one unit of the world.
    pub scale: f64,
}

/// The smallest and the largest scale.
const LIMITS: (f64, f64) = (0.01, 2.5);
/// Free space around a fitted scene in pixels.
const MARGIN: f64 = 36.0;

impl Default for Camera {
    fn default() -> Self {
        Self {
            x: 0.0,
            y: 0.0,
            scale: 1.0,
        }
    }
}

impl Camera {
    /// Shows a box of the world as a whole, no larger than life.
    pub fn fit(left: f64, top: f64, right: f64, bottom: f64, frame: Frame) -> Self {
        let across = (frame.width - 2.0 * MARGIN).max(1.0) / (right - left).max(1.0);
        let down = (frame.height - 2.0 * MARGIN).max(1.0) / (bottom - top).max(1.0);
        Self {
            x: f64::midpoint(left, right),
            y: f64::midpoint(top, bottom),
            scale: across.min(down).clamp(LIMITS.0, 1.0),
        }
    }

    /// From an address: `x,y,scale`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(',').map(|number| number.parse::<f64>().ok());
        let mut number = || numbers.next()?.filter(|number| number.is_finite());
        let camera = Self {
            x: number()?,
            y: number()?,
            scale: number()?.clamp(LIMITS.0, LIMITS.1),
        };
        numbers.next().is_none().then_some(camera)
    }

    /// As it stands in an address, to the unit and to a thousandth of the scale.
    pub fn write(self) -> String {
        format!("{:.0},{:.0},{:.3}", self.x, self.y, self.scale)
    }

    /// Where a point of the world is drawn.
    pub fn to_screen(self, x: f64, y: f64, frame: Frame) -> (f64, f64) {
        (
            (x - self.x) * self.scale + frame.width / 2.0,
            (y - self.y) * self.scale + frame.height / 2.0,
        )
    }

    /// What point of the world is drawn somewhere.
    pub fn to_world(self, x: f64, y: f64, frame: Frame) -> (f64, f64) {
        (
            (x - frame.width / 2.0) / self.scale + self.x,
            (y - frame.height / 2.0) / self.scale + self.y,
        )
    }

    /// Drags the world by pixels.
    pub fn pan(&mut self, across: f64, down: f64) {
        self.x -= across / self.scale;
        self.y -= down / self.scale;
    }

    /// Zooms by a factor; what is under a point stays there.
    pub fn zoom(&mut self, factor: f64, x: f64, y: f64, frame: Frame) {
        let (world_x, world_y) = self.to_world(x, y, frame);
        self.scale = (self.scale * factor).clamp(LIMITS.0, LIMITS.1);
        self.x = world_x - (x - frame.width / 2.0) / self.scale;
        self.y = world_y - (y - frame.height / 2.0) / self.scale;
    }

    /// Moves just so far that a point of the world is well inside of the view.
    pub fn reveal(&mut self, x: f64, y: f64, margin_x: f64, margin_y: f64, frame: Frame) {
        let (at_x, at_y) = self.to_screen(x, y, frame);
        let inside = |at: f64, margin: f64, size: f64| {
            let margin = margin.min(size / 2.0);
            at.clamp(margin, size - margin) - at
        };
        self.pan(
            inside(at_x, margin_x, frame.width),
            inside(at_y, margin_y, frame.height),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        width: 800.0,
        height: 600.0,
    };

    #[test]
    fn what_is_under_the_pointer_stays_under_it() {
        let mut camera = Camera {
            x: 40.0,
            y: -10.0,
            scale: 0.7,
        };
        let before = camera.to_world(123.0, 456.0, FRAME);
        camera.zoom(1.8, 123.0, 456.0, FRAME);
        let after = camera.to_world(123.0, 456.0, FRAME);
        assert!((before.0 - after.0).abs() < 1e-9 && (before.1 - after.1).abs() < 1e-9);
        camera.zoom(1e9, 0.0, 0.0, FRAME);
        assert!((camera.scale - LIMITS.1).abs() < f64::EPSILON);
    }

    #[test]
    fn fitting_shows_everything_and_never_blows_up() {
        let camera = Camera::fit(0.0, 0.0, 4000.0, 1000.0, FRAME);
        let (left, top) = camera.to_screen(0.0, 0.0, FRAME);
        let (right, bottom) = camera.to_screen(4000.0, 1000.0, FRAME);
        assert!(
            left >= MARGIN - 1e-6
                && top >= 0.0
                && right <= 800.0 - MARGIN + 1e-6
                && bottom <= 600.0
        );
        assert!((Camera::fit(0.0, 0.0, 10.0, 10.0, FRAME).scale - 1.0).abs() < f64::EPSILON);
        assert!(Camera::fit(0.0, 0.0, 10.0, 10.0, Frame::default()).scale > 0.0);
    }

    #[test]
    fn revealing_moves_no_more_than_needed() {
        let mut camera = Camera::default();
        let still = camera;
        camera.reveal(10.0, 10.0, 50.0, 50.0, FRAME);
        assert_eq!(camera, still);
        camera.reveal(1000.0, 0.0, 50.0, 50.0, FRAME);
        assert!((camera.to_screen(1000.0, 0.0, FRAME).0 - 750.0).abs() < 1e-9);
    }

    #[test]
    fn a_point_of_view_survives_its_address() {
        let camera = Camera {
            x: -1200.0,
            y: 37.0,
            scale: 0.525,
        };
        assert_eq!(camera.write(), "-1200,37,0.525");
        assert_eq!(Camera::parse("-1200,37,0.525"), Some(camera));
        for text in ["", "1,2", "1,2,x", "1,2,NaN", "1,2,3,4", "inf,0,1"] {
            assert_eq!(Camera::parse(text), None, "{text}");
        }
        assert_eq!(
            Camera::parse("0,0,9000").map(|camera| camera.scale),
            Some(LIMITS.1)
        );
    }
}
