//! Draws the map of the whole graph in the corner.

use web_sys::CanvasRenderingContext2d as Context;

use super::paint::{Picture, apart};
use crate::model::lineage::{MiniMap, NODE_HEIGHT, NODE_WIDTH};

/// Draws the map where it is of use.
pub(super) fn map(ctx: &Context, picture: &Picture<'_>) {
    let Picture {
        scene,
        camera,
        frame,
        ratio,
        palette,
        lit,
        ..
    } = picture;
    let Some(map) = MiniMap::place(scene, *camera, *frame) else {
        return;
    };
    // Setting a transform fails only for numbers that are not finite.
    let _ = ctx.set_transform(*ratio, 0.0, 0.0, *ratio, 0.0, 0.0);
    ctx.set_global_alpha(0.94);
    ctx.set_fill_style_str(&palette.node);
    ctx.fill_rect(map.left, map.top, map.width, map.height);
    ctx.set_global_alpha(1.0);
    ctx.set_stroke_style_str(&palette.node_line);
    ctx.set_line_width(1.0);
    ctx.stroke_rect(
        map.left + 0.5,
        map.top + 0.5,
        map.width - 1.0,
        map.height - 1.0,
    );
    let (width, height) = (
        (NODE_WIDTH * map.scale.0).max(1.5),
        (NODE_HEIGHT * map.scale.1).max(1.0),
    );
    for bright in [false, true] {
        ctx.set_fill_style_str(if bright {
            &palette.accent
        } else {
            &palette.edge
        });
        let places = (scene.nodes.iter().enumerate())
            .filter(|(at, _)| lit.is_some_and(|lit| lit[*at]) == bright)
            .map(|(_, node)| map.to_screen(node.x, node.y));
        apart(places, 1.0 / ratio)
            .for_each(|(x, y)| ctx.fill_rect(x - width / 2.0, y - height / 2.0, width, height));
    }
    let (left, top) = camera.to_world(0.0, 0.0, *frame);
    let (right, bottom) = camera.to_world(frame.width, frame.height, *frame);
    let (left, top) = map.to_screen(left, top);
    let (right, bottom) = map.to_screen(right, bottom);
    let inside = |value: f64, low: f64, high: f64| value.clamp(low + 1.0, high - 1.0);
    let (left, right) = (
        inside(left, map.left, map.left + map.width),
        inside(right, map.left, map.left + map.width),
    );
    let (top, bottom) = (
        inside(top, map.top, map.top + map.height),
        inside(bottom, map.top, map.top + map.height),
    );
    ctx.set_stroke_style_str(&palette.accent);
    ctx.set_line_width(1.5);
    ctx.stroke_rect(left, top, right - left, bottom - top);
}
