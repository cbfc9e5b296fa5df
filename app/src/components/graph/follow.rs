//! What the canvas follows: its size, the theme, the scene, the run that is on, and the buttons.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlCanvasElement;

use super::palette::Palette;
use super::stage::{READABLE, Shared, moved, redraw, viewport};
use super::{Command, Graph};
use crate::model::lineage::{Camera, Frame, Scene};
use crate::model::status::tone_of;
use crate::router::Router;
use crate::state::App;

/// Zoom of a button or key.
const ZOOM: f64 = 1.35;

/// Keeps the drawing as sharp and as large as its place.
pub(super) fn follow_size(canvas: NodeRef<html::Canvas>, stage: Shared, router: Router) {
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
        let measure = Closure::<dyn FnMut()>::new(move || resize(&measured, stage, router));
        resize(&element, stage, router);
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

fn resize(element: &HtmlCanvasElement, stage: Shared, router: Router) {
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
            stage.place(viewport(router));
        }
        // At once: a canvas that was resized is empty.
        stage.draw();
    });
}

/// What the browser tells of that changes the colours; the last one holds while a page is printed.
const MEDIA: [&str; 4] = [
    "(prefers-color-scheme: dark)",
    "(prefers-contrast: more)",
    "(forced-colors: active)",
    "print",
];

/// Keeps the drawing in the colours of the page.
pub(super) fn follow_theme(app: App, stage: Shared) {
    Effect::new(move |_| {
        app.theme.track();
        // The theme is set on the page by another effect; the next frame sees it.
        request_animation_frame(move || recolor(stage));
    });
    for media in MEDIA {
        follow_media(media, stage);
    }
}

fn follow_media(query: &str, stage: Shared) {
    let Some(media) = window().match_media(query).ok().flatten() else {
        return;
    };
    let changed = Closure::<dyn FnMut(JsValue)>::new(move |_| recolor(stage));
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

/// Reads the colours and draws with them at once: a printed page waits for no frame.
fn recolor(stage: Shared) {
    if let Some(palette) = Palette::read() {
        stage.try_update_value(|stage| {
            stage.palette = palette;
            stage.draw();
        });
    }
}

/// Takes over a new layout, the colours asked for, states of a run that is on, and what is looked for.
pub(super) fn follow_scene(app: App, graph: Graph, stage: Shared, router: Router) {
    Effect::new(move |_| {
        let scene = graph.scene.get();
        let kept = stage.try_update_value(|stage| {
            let ids = |scene: &Scene| {
                let ids: Vec<_> = scene.nodes.iter().map(|node| node.id.clone()).collect();
                (scene.focus, ids)
            };
            let same = ids(&stage.scene) == ids(&scene);
            stage.tones = scene.nodes.iter().map(|node| node.tone).collect();
            let turned = scene.turned(&stage.scene).filter(|_| !same);
            stage.scene = scene;
            if !same {
                stage.labels.clear();
                stage.hover = None;
                stage.cursor = None;
                stage.found.clear();
                stage.placed = stage.frame.width > 0.0 && !stage.scene.nodes.is_empty();
                match turned {
                    // What was opened or closed stays where it is on the screen.
                    Some([here, there]) => {
                        stage.camera.x += here.0 - there.0;
                        stage.camera.y += here.1 - there.1;
                    }
                    None if stage.placed => stage.place(viewport(router)),
                    None => {}
                }
                stage.relight();
            }
            (same, turned.is_some())
        });
        if let Some((false, _)) = kept {
            graph.cursor.set(None);
        }
        match kept {
            Some((_, true)) => moved(stage, router),
            _ => redraw(stage),
        }
    });
    Effect::new(move |_| {
        let color = graph.view.with(|view| view.color);
        let scene = graph.scene.get();
        let catalog = app.ready();
        app.board.with(|board| {
            let live = board.active().is_some();
            stage.update_value(|stage| {
                stage.color = color;
                stage.tones = scene
                    .nodes
                    .iter()
                    .map(|node| {
                        let now = |id: &str| board.nodes.get(id).map(|state| tone_of(state));
                        let newer = match &catalog {
                            _ if !live => None,
                            Some(catalog) if node.is_group() => {
                                let ids = node.members.iter().map(|at| &catalog.at(*at).unique_id);
                                ids.filter_map(|id| now(id)).max()
                            }
                            _ => now(&node.id),
                        };
                        newer.unwrap_or(node.tone)
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

pub(super) fn follow_commands(graph: Graph, stage: Shared, router: Router) {
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
        moved(stage, router);
    });
}
