//! The whole graph in a corner, so that one knows where one is in it.

use super::camera::{Camera, Frame};
use super::scene::Scene;

/// Greatest size of the map in pixels.
const SIZE: (f64, f64) = (188.0, 116.0);
/// Least size of what the map shows: a very high or very wide graph is drawn out to it.
const LEAST: (f64, f64) = (120.0, 36.0);
/// Free space around what the map shows.
const INSET: f64 = 8.0;
/// Distance from the corner of the view.
const CORNER: f64 = 12.0;
/// In a view narrower than this the map would hide too much.
const LEAST_WIDTH: f64 = 620.0;

/// Where the map lies in the view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MiniMap {
    /// Left side in pixels.
    pub left: f64,
    /// Upper side in pixels.
    pub top: f64,
    /// Width in pixels.
    pub width: f64,
    /// Height in pixels.
    pub height: f64,
    /// Pixels for one unit of the world, across and down: the map of a very high graph is widened.
    pub scale: (f64, f64),
    origin: (f64, f64),
}

impl MiniMap {
    /// The map of a scene; `None` where the view shows everything anyway or is too narrow.
    pub fn place(scene: &Scene, camera: Camera, frame: Frame) -> Option<Self> {
        let (left, top, right, bottom) = scene.bounds();
        let (seen_left, seen_top) = camera.to_world(0.0, 0.0, frame);
        let (seen_right, seen_bottom) = camera.to_world(frame.width, frame.height, frame);
        let all =
            seen_left <= left && seen_top <= top && seen_right >= right && seen_bottom >= bottom;
        if all || frame.width < LEAST_WIDTH || scene.nodes.is_empty() {
            return None;
        }
        let across = (SIZE.0 - 2.0 * INSET) / (right - left);
        let down = (SIZE.1 - 2.0 * INSET) / (bottom - top);
        let even = across.min(down);
        let scale = (
            even.max(across.min(LEAST.0 / (right - left))),
            even.max(down.min(LEAST.1 / (bottom - top))),
        );
        let (width, height) = (
            (right - left) * scale.0 + 2.0 * INSET,
            (bottom - top) * scale.1 + 2.0 * INSET,
        );
        let (map_left, map_top) = (frame.width - CORNER - width, frame.height - CORNER - height);
        Some(Self {
            left: map_left,
            top: map_top,
            width,
            height,
            scale,
            origin: (
                map_left + INSET - left * scale.0,
                map_top + INSET - top * scale.1,
            ),
        })
    }

    /// Where a point of the world lies on the map.
    pub fn to_screen(self, x: f64, y: f64) -> (f64, f64) {
        (
            self.origin.0 + x * self.scale.0,
            self.origin.1 + y * self.scale.1,
        )
    }

    /// What point of the world lies somewhere on the map.
    pub fn to_world(self, x: f64, y: f64) -> (f64, f64) {
        (
            (x - self.origin.0) / self.scale.0,
            (y - self.origin.1) / self.scale.1,
        )
    }

    /// Whether a pixel is on the map.
    pub fn holds(self, x: f64, y: f64) -> bool {
        (self.left..=self.left + self.width).contains(&x)
            && (self.top..=self.top + self.height).contains(&y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::route::LineageView;
    use crate::model::testing::{chain, laid_out};

    #[test]
    fn the_map_is_there_when_something_is_out_of_sight() {
        let catalog = chain(&["a", "b", "c", "d"]);
        let scene = laid_out(&catalog, &LineageView::default());
        let frame = Frame {
            width: 900.0,
            height: 500.0,
        };
        assert_eq!(MiniMap::place(&scene, scene.fit(frame), frame), None);
        let near = Camera {
            scale: 2.0,
            ..scene.fit(frame)
        };
        let map = MiniMap::place(&scene, near, frame).unwrap();
        let node = &scene.nodes[2];
        let (x, y) = map.to_screen(node.x, node.y);
        assert!(map.holds(x, y));
        let (world_x, world_y) = map.to_world(x, y);
        assert!((world_x - node.x).abs() < 1e-6 && (world_y - node.y).abs() < 1e-6);
        assert_eq!(
            MiniMap::place(
                &scene,
                near,
                Frame {
                    width: 390.0,
                    height: 500.0
                }
            ),
            None
        );
    }
}
