//! The canvas: pointer, wheel and keys.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use web_sys::PointerEvent;

use super::follow::{follow_commands, follow_scene, follow_size, follow_theme};
use super::stage::{Shared, Stage, moved, redraw};
use super::{Command, Graph};
use crate::components::badge::kind_shape;
use crate::model::lineage::Step;
use crate::model::route::{self, LineageView};
use crate::model::status::kind_title;
use crate::router::{Router, Visit};
use crate::state::App;

/// A press that moves less than this is a click.
const CLICK: f64 = 5.0;
/// How long a click waits for a second one.
const DOUBLE: std::time::Duration = std::time::Duration::from_millis(240);

/// The canvas.
#[component]
pub fn GraphCanvas(embedded: bool) -> impl IntoView {
    let app = App::get();
    let graph = expect_context::<Graph>();
    let router = Router::get();
    let stage: Shared = StoredValue::new_local(Stage::default());
    let canvas = NodeRef::<html::Canvas>::new();
    let clicks = StoredValue::new(0_u32);
    let pointed = RwSignal::new(None::<u32>);

    follow_size(canvas, stage, router);
    follow_theme(app, stage);
    follow_scene(app, graph, stage, router);
    follow_commands(graph, stage, router);

    let node_at = move |at: u32| {
        graph.scene.with_untracked(|scene| {
            let node = scene.nodes.get(at as usize)?;
            Some((node.id.clone(), node.is_group()))
        })
    };
    let open = move |at: u32| match node_at(at) {
        Some((key, true)) => turn(graph, &key),
        Some((id, false)) => router.go(&route::node(&id), Visit::Push),
        None => {}
    };
    let focus_on = move |at: u32| {
        let id = match node_at(at) {
            Some((key, true)) => return turn(graph, &key),
            found => found.map(|(id, _)| id),
        };
        let view = graph.view.get_untracked();
        if id.is_some() && view.focus != id {
            graph.set_view.run((
                LineageView {
                    focus: id,
                    column: None,
                    ..view
                },
                false,
            ));
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
            if stage.with_value(|stage| stage.pointers.is_empty()) {
                redraw(stage);
            } else {
                moved(stage, router);
            }
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
                let head = || stage.scene.head_at(x, y).map(|group| group.key.clone());
                stage.scene.at(x, y).map(Ok).or_else(|| head().map(Err))
            })
            .flatten();
        if let Some(Err(key)) = &clicked {
            turn(graph, key);
        }
        if let Some(Ok(at)) = clicked {
            // A group opens at once; there is nothing that a second click would do.
            if let Some((key, true)) = node_at(at) {
                return turn(graph, &key);
            }
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
        moved(stage, router);
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
            "c" => {
                if let Some(group) = cursor.and_then(|at| scene.around(at)) {
                    turn(graph, &group.key);
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
                <span class="faint">{if node.is_group() { "click to open" } else { "click to focus, double-click to open" }}</span></p>
        })
    };
    let spoken = move || {
        let scene = graph.scene.get();
        let node = scene.nodes.get(graph.cursor.get()? as usize)?;
        Some(if node.is_group() {
            format!("Group {}, Enter opens it", node.label)
        } else {
            format!("{} {}", kind_title(node.kind), node.label)
        })
    };
    view! {
        <canvas class="graph-canvas" class:pointing=move || pointed.get().is_some() node_ref=canvas tabindex="0" role="application"
            aria-label="Lineage graph. Arrows move along the edges, Enter opens, F focuses, C closes the group around, Escape clears."
            on:pointerdown=on_down on:pointermove=on_move on:pointerup=on_up on:pointercancel=on_up
            on:pointerleave=on_leave on:dblclick=on_double on:wheel=on_wheel on:keydown=on_key></canvas>
        {hint}
        <p class="unseen" aria-live="polite">{spoken}</p>
    }
}

/// Opens a group that is closed, closes one that is open.
pub(super) fn turn(graph: Graph, key: &str) {
    let mut view = graph.view.get_untracked();
    let before = view.turned.len();
    view.turned.retain(|turned| turned != key);
    if view.turned.len() == before {
        view.turned.push(key.to_owned());
    }
    graph.set_view.run((view, true));
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
                column: None,
                ..view
            },
            false,
        ));
    }
}
