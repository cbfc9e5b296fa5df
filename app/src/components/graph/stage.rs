//! What the canvas keeps between pictures, and how it is drawn.

use std::sync::Arc;

use leptos::prelude::*;
use web_sys::CanvasRenderingContext2d;

use super::paint::{Labels, MOVING, Picture, paint};
use super::palette::Palette;
use crate::model::lineage::{Camera, Frame, MiniMap, Scene};
use crate::model::route::ColorBy;
use crate::model::status::Tone;
use crate::router::Router;

/// A focus is never fitted smaller than this, so that its names can be read.
pub(super) const READABLE: f64 = 0.52;
/// In a view narrower than this the whole graph would be too small to read, so it starts at its left.
const NARROW: f64 = 620.0;
/// The part of an address that says where one looks from.
const VIEWPORT: &str = "at";
/// A camera that has not moved for so long rests.
const REST: std::time::Duration = std::time::Duration::from_millis(120);

/// What the canvas keeps between pictures.
#[derive(Default)]
pub(super) struct Stage {
    pub(super) context: Option<CanvasRenderingContext2d>,
    pub(super) scene: Arc<Scene>,
    pub(super) camera: Camera,
    pub(super) frame: Frame,
    pub(super) palette: Palette,
    pub(super) color: ColorBy,
    pub(super) tones: Vec<Tone>,
    pub(super) labels: Labels,
    pub(super) hover: Option<u32>,
    pub(super) cursor: Option<u32>,
    pub(super) lit: Option<Vec<bool>>,
    pub(super) found: Vec<u32>,
    pub(super) pointers: Vec<(i32, f64, f64)>,
    pub(super) travelled: f64,
    /// Whether the press began on the map.
    pub(super) mapping: bool,
    pub(super) placed: bool,
    pub(super) scheduled: bool,
    /// Whether the camera is on its way.
    moving: bool,
    /// How often it was moved.
    moves: u32,
}

impl Stage {
    /// Looks from where the address says; without that at everything, or at a focus so that it can be read.
    pub(super) fn place(&mut self, asked: Option<Camera>) {
        match asked {
            Some(camera) => self.camera = camera,
            None => self.fit(),
        }
    }

    fn fit(&mut self) {
        self.camera = self.scene.begin(self.frame);
        if let Some(focus) = self.scene.focus
            && self.camera.scale < READABLE
        {
            let node = &self.scene.nodes[focus as usize];
            self.camera = Camera {
                x: node.x,
                y: node.y,
                scale: READABLE,
            };
        } else if self.frame.width < NARROW && self.camera.scale < READABLE {
            let (left, ..) = self.scene.bounds();
            self.camera.scale = READABLE;
            self.camera.x = left + (self.frame.width / 2.0 - 16.0) / READABLE;
        }
    }

    pub(super) fn relight(&mut self) {
        self.lit = if !self.found.is_empty() && self.hover.is_none() {
            let mut lit = vec![false; self.scene.nodes.len()];
            self.found.iter().for_each(|at| lit[*at as usize] = true);
            Some(lit)
        } else {
            self.hover.or(self.cursor).map(|at| self.scene.kin(at))
        };
    }

    pub(super) fn draw(&mut self) {
        let Some(context) = self
            .context
            .clone()
            .filter(|_| self.palette != Palette::default())
        else {
            return;
        };
        let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
        let picture = Picture {
            scene: &self.scene,
            camera: self.camera,
            frame: self.frame,
            ratio,
            moving: self.moving,
            palette: &self.palette,
            color: self.color,
            tones: &self.tones,
            hover: self.hover,
            cursor: self.cursor,
            lit: self.lit.as_deref(),
            found: &self.found,
        };
        paint(&context, &picture, &mut self.labels);
    }

    /// Moves to a place of the map; whether the pixel is on it or the press began there.
    pub(super) fn follow_map(&mut self, x: f64, y: f64) -> bool {
        let Some(map) = MiniMap::place(&self.scene, self.camera, self.frame) else {
            return false;
        };
        if self.mapping || map.holds(x, y) {
            (self.camera.x, self.camera.y) = map.to_world(x, y);
            return true;
        }
        false
    }

    /// Middle of two fingers and their distance.
    pub(super) fn pinch(&self) -> Option<(f64, f64, f64)> {
        let [(_, ax, ay), (_, bx, by)] = self.pointers[..] else {
            return None;
        };
        Some((
            f64::midpoint(ax, bx),
            f64::midpoint(ay, by),
            (ax - bx).hypot(ay - by).max(1.0),
        ))
    }
}

/// Where the address says that one looks from.
pub(super) fn viewport(router: Router) -> Option<Camera> {
    let asked = router.query.with_untracked(|query| query.get(VIEWPORT))?;
    Camera::parse(&asked)
}

/// The stage as the parts of the canvas share it.
pub(super) type Shared = StoredValue<Stage, LocalStorage>;

/// Draws with the next frame what a moved camera sees: coarsely where there are many lines, and in full once it rests. Then
/// the address says where it looks from.
pub(super) fn moved(stage: Shared, router: Router) {
    let mine = stage.try_update_value(|stage| {
        stage.moving = stage.scene.edges.len() > MOVING;
        stage.moves = stage.moves.wrapping_add(1);
        stage.moves
    });
    redraw(stage);
    set_timeout(
        move || {
            let rests = stage.try_update_value(|stage| {
                let rests = (Some(stage.moves) == mine).then_some(stage.camera)?;
                stage.moving = false;
                // What is seen without being asked for stands in no address.
                Some((rests != stage.scene.fit(stage.frame)).then_some(rests))
            });
            if let Some(camera) = rests.flatten() {
                redraw(stage);
                router.set_query(VIEWPORT, &camera.map_or(String::new(), Camera::write));
            }
        },
        REST,
    );
}

/// Draws with the next frame, however often it is asked for before.
pub(super) fn redraw(stage: Shared) {
    let due = stage
        .try_update_value(|stage| !std::mem::replace(&mut stage.scheduled, true))
        .unwrap_or(false);
    if due {
        request_animation_frame(move || {
            stage.try_update_value(|stage| {
                stage.scheduled = false;
                stage.draw();
            });
        });
    }
}
