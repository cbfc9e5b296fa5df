//! The canvas: pointer, wheel, keys and the picture.

use std::sync::Arc;

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, PointerEvent};

use super::paint::{Labels, Picture, paint};
use super::palette::Palette;
use super::{Command, Graph};
use crate::components::badge::kind_shape;
use crate::model::lineage::{Camera, Frame, MiniMap, Scene, Step};
use crate::model::route::{self, ColorBy, LineageView};
use crate::model::status::{Tone, kind_title, tone_of};
use crate::state::App;

/// A press that moves less than this is a click.
const CLICK: f64 = 5.0;
/// How long a click waits for a second one.
const DOUBLE: std::time::Duration = std::time::Duration::from_millis(240);
/// Zoom of a button or key.
const ZOOM: f64 = 1.35;
/// A focus is never fitted smaller than this, so that its names can be read.
const READABLE: f64 = 0.52;
/// In a view narrower than this the whole graph would be too small to read, so it starts at its left.
const NARROW: f64 = 620.0;

/// What the canvas keeps between pictures.
#[derive(Default)]
struct Stage {
    context: Option<CanvasRenderingContext2d>,
    scene: Arc<Scene>,
    camera: Camera,
    frame: Frame,
    palette: Palette,
    color: ColorBy,
    tones: Vec<Tone>,
    labels: Labels,
    hover: Option<u32>,
    cursor: Option<u32>,
    lit: Option<Vec<bool>>,
    found: Vec<u32>,
    pointers: Vec<(i32, f64, f64)>,
    travelled: f64,
    /// Whether the press began on the map.
    mapping: bool,
    placed: bool,
    scheduled: bool,
}

impl Stage {
    /// Shows everything, or a focus so that it can be read.
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

    fn relight(&mut self) {
        self.lit = if !self.found.is_empty() && self.hover.is_none() {
            let mut lit = vec![false; self.scene.nodes.len()];
            self.found.iter().for_each(|at| lit[*at as usize] = true);
            Some(lit)
        } else {
            self.hover.or(self.cursor).map(|at| self.scene.kin(at))
        };
    }

    fn draw(&mut self) {
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
    fn follow_map(&mut self, x: f64, y: f64) -> bool {
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
    fn pinch(&self) -> Option<(f64, f64, f64)> {
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

type Shared = StoredValue<Stage, LocalStorage>;

/// Draws with the next frame, however often it is asked for before.
fn redraw(stage: Shared) {
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

/// The canvas.
#[component]
pub fn GraphCanvas(embedded: bool) -> impl IntoView {
    let app = App::get();
    let graph = expect_context::<Graph>();
    let navigate = use_navigate();
    let stage: Shared = StoredValue::new_local(Stage::default());
    let canvas = NodeRef::<html::Canvas>::new();
    let clicks = StoredValue::new(0_u32);
    let pointed = RwSignal::new(None::<u32>);

    follow_size(canvas, stage);
    follow_theme(app, stage);
    follow_scene(app, graph, stage);
    follow_commands(graph, stage);

    let open = {
        let navigate = navigate.clone();
        move |at: u32| {
            let id = graph
                .scene
                .with_untracked(|scene| scene.nodes.get(at as usize).map(|node| node.id.clone()));
            if let Some(id) = id {
                navigate(&route::node(&id), NavigateOptions::default());
            }
        }
    };
    let focus_on = move |at: u32| {
        let id = graph
            .scene
            .with_untracked(|scene| scene.nodes.get(at as usize).map(|node| node.id.clone()));
        let view = graph.view.get_untracked();
        if id.is_some() && view.focus != id {
            graph
                .set_view
                .run((LineageView { focus: id, ..view }, false));
        }
    };

    let on_down = move |event: PointerEvent| {
        if let Some(canvas) = canvas.get_untracked() {
            // Without capture a drag ends at the edge, which is all that is lost.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        stage.update_value(|stage| {
            stage.pointers.push((
                event.pointer_id(),
                f64::from(event.offset_x()),
                f64::from(event.offset_y()),
            ));
            if stage.pointers.len() == 1 {
                stage.travelled = 0.0;
                stage.mapping =
                    stage.follow_map(f64::from(event.offset_x()), f64::from(event.offset_y()));
            }
        });
        redraw(stage);
    };
    let on_move = move |event: PointerEvent| {
        let (x, y) = (f64::from(event.offset_x()), f64::from(event.offset_y()));
        let changed = stage
            .try_update_value(|stage| {
                let before = stage.pinch();
                if let Some(pointer) = stage
                    .pointers
                    .iter_mut()
                    .find(|pointer| pointer.0 == event.pointer_id())
                {
                    let (dx, dy) = (x - pointer.1, y - pointer.2);
                    (pointer.1, pointer.2) = (x, y);
                    stage.travelled += dx.abs() + dy.abs();
                    if stage.mapping {
                        return stage.follow_map(x, y);
                    }
                    match (before, stage.pinch()) {
                        (Some((from_x, from_y, from)), Some((to_x, to_y, to))) => {
                            stage.camera.pan(to_x - from_x, to_y - from_y);
                            stage.camera.zoom(to / from, to_x, to_y, stage.frame);
                        }
                        _ if stage.travelled > CLICK => stage.camera.pan(dx, dy),
                        _ => {}
                    }
                    return true;
                }
                let (world_x, world_y) = stage.camera.to_world(x, y, stage.frame);
                let hover = stage.scene.at(world_x, world_y);
                let changed = hover != stage.hover;
                if changed {
                    stage.hover = hover;
                    stage.relight();
                }
                changed
            })
            .unwrap_or(false);
        if changed {
            pointed.set(stage.with_value(|stage| stage.hover));
            redraw(stage);
        }
    };
    let on_up = move |event: PointerEvent| {
        let clicked = stage
            .try_update_value(|stage| {
                let alone = stage.pointers.len() == 1;
                stage
                    .pointers
                    .retain(|pointer| pointer.0 != event.pointer_id());
                if !alone || stage.travelled > CLICK || std::mem::take(&mut stage.mapping) {
                    return None;
                }
                let (x, y) = stage.camera.to_world(
                    f64::from(event.offset_x()),
                    f64::from(event.offset_y()),
                    stage.frame,
                );
                stage.scene.at(x, y)
            })
            .flatten();
        if let Some(at) = clicked {
            graph.cursor.set(Some(at));
            // A second click within this time opens the page instead.
            let mine = clicks.get_value() + 1;
            clicks.set_value(mine);
            set_timeout(
                move || {
                    if clicks.try_get_value() == Some(mine) {
                        focus_on(at);
                    }
                },
                DOUBLE,
            );
        }
    };
    let on_leave = move |_| {
        pointed.set(None);
        stage.update_value(|stage| {
            stage.hover = None;
            stage.relight();
        });
        redraw(stage);
    };
    let on_double = {
        let open = open.clone();
        move |event: ev::MouseEvent| {
            let at = stage.with_value(|stage| {
                let (x, y) = stage.camera.to_world(
                    f64::from(event.offset_x()),
                    f64::from(event.offset_y()),
                    stage.frame,
                );
                stage.scene.at(x, y)
            });
            clicks.update_value(|clicks| *clicks += 1);
            if let Some(at) = at {
                open(at);
            }
        }
    };
    let on_wheel = move |event: ev::WheelEvent| {
        let used = document().active_element().is_some_and(|element| {
            canvas
                .get_untracked()
                .is_some_and(|canvas| element.is_same_node(Some(&canvas)))
        });
        if embedded && !event.ctrl_key() && !event.meta_key() && !used {
            return;
        }
        event.prevent_default();
        let lines = if event.delta_mode() == 1 { 16.0 } else { 1.0 };
        let factor = (-event.delta_y() * lines * 0.0016).clamp(-0.5, 0.5).exp();
        stage.update_value(|stage| {
            stage.camera.zoom(
                factor,
                f64::from(event.offset_x()),
                f64::from(event.offset_y()),
                stage.frame,
            );
        });
        redraw(stage);
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let scene = graph.scene.get_untracked();
        let cursor = graph.cursor.get_untracked();
        let step = match event.key().as_str() {
            "ArrowLeft" => Some(Step::Left),
            "ArrowRight" => Some(Step::Right),
            "ArrowUp" => Some(Step::Up),
            "ArrowDown" => Some(Step::Down),
            _ => None,
        };
        if let Some(step) = step {
            event.prevent_default();
            let next = match cursor {
                Some(at) => scene.step(at, step),
                None if scene.nodes.is_empty() => None,
                None => Some(scene.focus.unwrap_or(0)),
            };
            if let Some(at) = next {
                graph.cursor.set(Some(at));
                graph.command.set(Some(Command::Reveal(at)));
            }
            return;
        }
        match event.key().as_str() {
            "Enter" => {
                if let Some(at) = cursor {
                    open(at);
                }
            }
            "f" | " " => {
                event.prevent_default();
                if let Some(at) = cursor {
                    focus_on(at);
                }
            }
            "Escape" => {
                if cursor.is_some() {
                    graph.cursor.set(None);
                } else {
                    clear_focus(graph);
                }
            }
            "+" | "=" => graph.command.set(Some(Command::Closer)),
            "-" => graph.command.set(Some(Command::Farther)),
            "0" => graph.command.set(Some(Command::Fit)),
            _ => {}
        }
    };
    let hint = move || {
        let scene = graph.scene.get();
        let node = scene.nodes.get(pointed.get()? as usize)?;
        Some(view! {
            <p class="graph-hint" aria-hidden="true">{kind_shape(node.kind)} {node.label.clone()}
                <span class="faint">"click to focus, double-click to open"</span></p>
        })
    };
    let spoken = move || {
        let scene = graph.scene.get();
        let node = scene.nodes.get(graph.cursor.get()? as usize)?;
        Some(format!("{} {}", kind_title(node.kind), node.label))
    };
    view! {
        <canvas class="graph-canvas" class:pointing=move || pointed.get().is_some() node_ref=canvas tabindex="0" role="application"
            aria-label="Lineage graph. Arrows move along the edges, Enter opens, F focuses, Escape clears."
            on:pointerdown=on_down on:pointermove=on_move on:pointerup=on_up on:pointercancel=on_up
            on:pointerleave=on_leave on:dblclick=on_double on:wheel=on_wheel on:keydown=on_key></canvas>
        {hint}
        <p class="unseen" aria-live="polite">{spoken}</p>
    }
}

/// Takes the focus away, or does nothing where a page is about one node.
pub(super) fn clear_focus(graph: Graph) {
    let view = graph.view.get_untracked();
    if view.focus.is_some() {
        graph.set_view.run((
            LineageView {
                focus: None,
                up: None,
                down: None,
                ..view
            },
            false,
        ));
    }
}

/// Keeps the drawing as sharp and as large as its place.
fn follow_size(canvas: NodeRef<html::Canvas>, stage: Shared) {
    let observer = StoredValue::new_local(None::<(web_sys::ResizeObserver, Closure<dyn FnMut()>)>);
    Effect::new(move |_| {
        let Some(element) = canvas.get() else {
            return;
        };
        let element: HtmlCanvasElement = element.unchecked_into();
        let context = element
            .get_context("2d")
            .ok()
            .flatten()
            .and_then(|context| context.dyn_into().ok());
        stage.update_value(|stage| stage.context = context);
        let measured = element.clone();
        let measure = Closure::<dyn FnMut()>::new(move || resize(&measured, stage));
        resize(&element, stage);
        if let Ok(watch) = web_sys::ResizeObserver::new(measure.as_ref().unchecked_ref()) {
            watch.observe(&element);
            observer.set_value(Some((watch, measure)));
        }
        // Names drawn before the font was there are drawn once more with it.
        set_timeout(
            move || {
                stage.try_update_value(|stage| stage.labels.clear());
                redraw(stage);
            },
            std::time::Duration::from_millis(500),
        );
    });
    on_cleanup(move || {
        if let Some(Some((watch, _))) = observer.try_update_value(Option::take) {
            watch.disconnect();
        }
    });
}

fn resize(element: &HtmlCanvasElement, stage: Shared) {
    let ratio = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
    let frame = Frame {
        width: f64::from(element.client_width()),
        height: f64::from(element.client_height()),
    };
    if frame.width < 1.0 || frame.height < 1.0 {
        return;
    }
    element.set_width((frame.width * ratio).round() as u32);
    element.set_height((frame.height * ratio).round() as u32);
    stage.try_update_value(|stage| {
        stage.frame = frame;
        if !stage.placed && !stage.scene.nodes.is_empty() {
            stage.placed = true;
            stage.fit();
        }
        // At once: a canvas that was resized is empty.
        stage.draw();
    });
}

fn follow_theme(app: App, stage: Shared) {
    let read = move || {
        if let Some(palette) = Palette::read() {
            stage.try_update_value(|stage| stage.palette = palette);
            redraw(stage);
        }
    };
    Effect::new(move |_| {
        app.theme.track();
        // The theme is set on the page by another effect; the next frame sees it.
        request_animation_frame(read);
    });
    let media = window()
        .match_media("(prefers-color-scheme: dark)")
        .ok()
        .flatten();
    if let Some(media) = media {
        let changed = Closure::<dyn FnMut(JsValue)>::new(move |_| read());
        let listening = media
            .add_event_listener_with_callback("change", changed.as_ref().unchecked_ref())
            .is_ok();
        let kept = StoredValue::new_local((media, changed));
        on_cleanup(move || {
            kept.try_with_value(|(media, changed)| {
                if listening {
                    let _ = media.remove_event_listener_with_callback(
                        "change",
                        changed.as_ref().unchecked_ref(),
                    );
                }
            });
        });
    }
}

/// Takes over a new layout, the colours asked for, states of a run that is on, and what is looked for.
fn follow_scene(app: App, graph: Graph, stage: Shared) {
    Effect::new(move |_| {
        let scene = graph.scene.get();
        let same = stage.try_update_value(|stage| {
            let ids = |scene: &Scene| {
                (
                    scene.focus,
                    scene
                        .nodes
                        .iter()
                        .map(|node| node.position)
                        .collect::<Vec<_>>(),
                )
            };
            let same = ids(&stage.scene) == ids(&scene);
            stage.tones = scene.nodes.iter().map(|node| node.tone).collect();
            stage.scene = scene;
            if !same {
                stage.labels.clear();
                stage.hover = None;
                stage.cursor = None;
                stage.found.clear();
                stage.placed = stage.frame.width > 0.0 && !stage.scene.nodes.is_empty();
                if stage.placed {
                    stage.fit();
                }
                stage.relight();
            }
            same
        });
        if same == Some(false) {
            graph.cursor.set(None);
        }
        redraw(stage);
    });
    Effect::new(move |_| {
        let color = graph.view.with(|view| view.color);
        let scene = graph.scene.get();
        app.board.with(|board| {
            let live = board.active().is_some();
            stage.update_value(|stage| {
                stage.color = color;
                stage.tones = scene
                    .nodes
                    .iter()
                    .map(|node| {
                        board
                            .nodes
                            .get(&node.id)
                            .filter(|_| live)
                            .map_or(node.tone, |state| tone_of(state))
                    })
                    .collect();
            });
        });
        redraw(stage);
    });
    Effect::new(move |_| {
        let text = graph.find.get();
        let _ = graph.scene.get();
        stage.update_value(|stage| {
            stage.found = stage.scene.named(&text);
            stage.relight();
        });
        redraw(stage);
    });
    Effect::new(move |_| {
        let cursor = graph.cursor.get();
        stage.update_value(|stage| {
            stage.cursor = cursor.filter(|at| (*at as usize) < stage.scene.nodes.len());
            stage.relight();
        });
        redraw(stage);
    });
}

fn follow_commands(graph: Graph, stage: Shared) {
    Effect::new(move |_| {
        let Some(command) = graph.command.get() else {
            return;
        };
        stage.update_value(|stage| {
            let (x, y) = (stage.frame.width / 2.0, stage.frame.height / 2.0);
            match command {
                Command::Closer => stage.camera.zoom(ZOOM, x, y, stage.frame),
                Command::Farther => stage.camera.zoom(1.0 / ZOOM, x, y, stage.frame),
                Command::Fit => stage.camera = stage.scene.fit(stage.frame),
                Command::Reveal(at) => {
                    if let Some(node) = stage.scene.nodes.get(at as usize) {
                        if stage.camera.scale < READABLE {
                            stage.camera = Camera {
                                x: node.x,
                                y: node.y,
                                scale: READABLE,
                            };
                        }
                        stage
                            .camera
                            .reveal(node.x, node.y, 170.0, 70.0, stage.frame);
                    }
                }
            }
        });
        graph.command.set(None);
        redraw(stage);
    });
}
