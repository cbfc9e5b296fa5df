//! Draws a scene: lines in few strokes, boxes by colour, names where they can be read.

use std::collections::{BTreeMap, HashSet};
use std::f64::consts::TAU;

use web_sys::CanvasRenderingContext2d as Context;

use super::map::map;
use super::palette::Palette;
use crate::model::lineage::{Camera, Edge, Frame, NODE_HEIGHT, NODE_WIDTH, OpenGroup, Scene};
use crate::model::route::ColorBy;
use crate::model::status::Tone;

/// From this scale on boxes have borders; below they are plain.
const BOXES: f64 = 0.28;
/// From this scale on names are readable.
const NAMES: f64 = 0.5;
/// Lines in one stroke: a path of all is slower than several.
const STROKE: usize = 400;
/// Lines in sight from which on they grow faint.
const CROWD: f64 = 260.0;
/// About so many lines are drawn at most in a picture that moves, or it would stutter.
pub(super) const MOVING: usize = 2_500;
const TEXT_SIZE: f64 = 13.0;
/// Size in pixels of names where boxes are small.
const LARGE_NAME: f64 = 10.5;
/// So many boxes in sight are few.
const FEW: usize = 80;
/// Names of open groups that have less room than this many pixels would be a blot.
const LEAST_ROOM: f64 = 64.0;
const STRIP: f64 = 5.0;
const RADIUS: f64 = 7.0;

/// Everything a picture depends on.
pub(super) struct Picture<'a> {
    pub(super) scene: &'a Scene,
    pub(super) camera: Camera,
    pub(super) frame: Frame,
    pub(super) ratio: f64,
    /// Whether the camera is on its way: a sample of the lines does then.
    pub(super) moving: bool,
    pub(super) palette: &'a Palette,
    pub(super) color: ColorBy,
    /// State of each box, where a run that is on says something newer than the scene.
    pub(super) tones: &'a [Tone],
    pub(super) hover: Option<u32>,
    pub(super) cursor: Option<u32>,
    /// Boxes that stand out; all others are dimmed.
    pub(super) lit: Option<&'a [bool]>,
    /// Boxes that were looked for.
    pub(super) found: &'a [u32],
}

/// Names cut to their boxes, then the columns below them, so that each is measured once.
pub(super) type Labels = Vec<Option<String>>;

/// Draws.
pub(super) fn paint(ctx: &Context, picture: &Picture<'_>, labels: &mut Labels) {
    let Picture {
        camera,
        frame,
        ratio,
        palette,
        ..
    } = picture;
    // Setting a transform fails only for numbers that are not finite, and the camera has none.
    let _ = ctx.set_transform(*ratio, 0.0, 0.0, *ratio, 0.0, 0.0);
    ctx.set_global_alpha(1.0);
    ctx.set_fill_style_str(&palette.ground);
    ctx.fill_rect(0.0, 0.0, frame.width, frame.height);
    let scale = camera.scale * ratio;
    let (left, top) = camera.to_screen(0.0, 0.0, *frame);
    let _ = ctx.set_transform(scale, 0.0, 0.0, scale, left * ratio, top * ratio);
    borders(ctx, picture);
    lines(ctx, picture);
    boxes(ctx, picture, labels);
    rings(ctx, picture);
    map(ctx, picture);
}

fn lines(ctx: &Context, picture: &Picture<'_>) {
    let Picture {
        scene,
        camera,
        frame,
        moving,
        palette,
        lit,
        ..
    } = picture;
    let is_lit =
        |edge: &Edge| lit.is_some_and(|lit| lit[edge.from as usize] && lit[edge.to as usize]);
    let mut in_sight: Vec<&Edge> = scene.edges_in(*camera, *frame).collect();
    if *moving {
        sample(&mut in_sight);
    }
    let (bright, plain): (Vec<&Edge>, Vec<&Edge>) =
        in_sight.into_iter().partition(|edge| is_lit(edge));
    let thin = 1.2_f64.min(0.5 + camera.scale) / camera.scale;
    // Where lines are many they are faint, or they would hide what they connect.
    let faint = (CROWD / plain.len().max(1) as f64).sqrt().clamp(0.16, 1.0);
    for (edges, color, width, alpha) in [
        (
            plain,
            &palette.edge,
            thin,
            if lit.is_some() {
                palette.dim * faint.max(0.4)
            } else {
                faint
            },
        ),
        (bright, &palette.edge_lit, thin * 1.6, 1.0),
    ] {
        ctx.set_stroke_style_str(color);
        ctx.set_line_width(width);
        ctx.set_global_alpha(alpha);
        for group in edges.chunks(STROKE) {
            ctx.begin_path();
            for edge in group {
                trace(ctx, scene, edge, camera.scale >= BOXES);
            }
            ctx.stroke();
        }
    }
    ctx.set_global_alpha(1.0);
}

/// Leaves about [`MOVING`] lines. Each line has a rank of its own, so that from one picture to the next almost the same
/// ones stay.
fn sample(edges: &mut Vec<&Edge>) {
    if edges.len() > MOVING {
        let share = (MOVING as u64 * u64::from(u32::MAX) / edges.len() as u64) as u32;
        edges.retain(|edge| {
            let rank = (edge.from.wrapping_mul(0x9E37_79B1) ^ edge.to).wrapping_mul(0x85EB_CA6B);
            rank ^ (rank >> 15) <= share
        });
    }
}

/// From the right side of one box through its bends to the left side of the other.
fn trace(ctx: &Context, scene: &Scene, edge: &Edge, curved: bool) {
    let (from, to) = (
        &scene.nodes[edge.from as usize],
        &scene.nodes[edge.to as usize],
    );
    let half = NODE_WIDTH / 2.0;
    let (mut x, mut y) = (from.x + half, from.y);
    ctx.move_to(x, y);
    let bends = edge.bends.iter().map(|bend| {
        let [left, right, y] = [bend.left, bend.right, bend.y].map(f64::from);
        (left, y, Some(right))
    });
    for (goal, end_y, until) in bends.chain([(to.x, to.y, None)]) {
        let end_x = goal - half;
        if curved {
            let middle = f64::midpoint(x, end_x);
            ctx.bezier_curve_to(middle, y, middle, end_y, end_x, end_y);
        } else {
            ctx.line_to(end_x, end_y);
        }
        (x, y) = (end_x, end_y);
        if let Some(right) = until {
            x = right + half;
            ctx.line_to(x, y);
        }
    }
}

/// Borders of open groups, with their names in their heads where these can be read.
fn borders(ctx: &Context, picture: &Picture<'_>) {
    let Picture {
        scene,
        camera,
        palette,
        ..
    } = picture;
    // Names stay readable from afar.
    let size = (TEXT_SIZE - 1.0) / camera.scale.min(1.0);
    ctx.set_font(&format!("600 {size}px {}", palette.font));
    ctx.set_text_baseline("middle");
    ctx.set_text_align("left");
    ctx.set_line_width(1.0_f64.max(0.8 / camera.scale));
    for group in &scene.open {
        ctx.begin_path();
        // Only a negative radius would fail.
        let _ = ctx.round_rect_with_f64(
            group.left,
            group.top,
            group.right - group.left,
            group.bottom - group.top,
            RADIUS * 1.6,
        );
        ctx.set_global_alpha(0.45);
        ctx.set_fill_style_str(&palette.node);
        ctx.fill();
        ctx.set_global_alpha(1.0);
        ctx.set_stroke_style_str(&palette.node_line);
        ctx.stroke();
        let room = group.right - group.left - 28.0;
        let text = if camera.scale >= BOXES {
            format!("− {}", group.label)
        } else if room * camera.scale > LEAST_ROOM {
            group.label.clone()
        } else {
            continue;
        };
        ctx.set_fill_style_str(&palette.faint);
        let _ = ctx.fill_text_with_max_width(
            &text,
            group.left + 14.0,
            group.top + 0.5 * OpenGroup::HEAD,
            room,
        );
    }
}

fn boxes(ctx: &Context, picture: &Picture<'_>, labels: &mut Labels) {
    let Picture {
        scene,
        camera,
        frame,
        palette,
        lit,
        ..
    } = picture;
    let in_sight: Vec<u32> = scene.nodes_in(*camera, *frame).map(|(at, _)| at).collect();
    let (bright, dim): (Vec<u32>, Vec<u32>) = in_sight
        .into_iter()
        .partition(|at| lit.is_none_or(|lit| lit[*at as usize]));
    for (group, alpha) in [(dim, palette.dim), (bright, 1.0)] {
        ctx.set_global_alpha(alpha);
        if camera.scale >= BOXES {
            outlines(ctx, picture, &group);
        }
        strips(ctx, picture, &group);
        if camera.scale >= NAMES {
            names(ctx, picture, &group, labels);
        } else if camera.scale >= BOXES {
            large_names(ctx, picture, &group);
        }
    }
    ctx.set_global_alpha(1.0);
}

/// Boxes with their borders; where colours stand for states, the border of what ran has its state's colour.
fn outlines(ctx: &Context, picture: &Picture<'_>, group: &[u32]) {
    let Picture {
        scene,
        camera,
        palette,
        color,
        tones,
        ..
    } = picture;
    let of_state = |at: u32| {
        Some(tones[at as usize]).filter(|tone| *color == ColorBy::Status && *tone != Tone::Idle)
    };
    let mut by_tone: BTreeMap<Option<Tone>, Vec<u32>> = BTreeMap::new();
    for at in group {
        by_tone.entry(of_state(*at)).or_default().push(*at);
    }
    ctx.set_fill_style_str(&palette.node);
    ctx.set_line_width(1.0_f64.max(0.8 / camera.scale));
    for (tone, members) in by_tone {
        ctx.set_stroke_style_str(tone.map_or(&palette.node_line, |tone| {
            palette.color(Palette::tone(tone))
        }));
        ctx.begin_path();
        for at in members {
            let node = &scene.nodes[at as usize];
            let (left, top) = (node.x - NODE_WIDTH / 2.0, node.y - NODE_HEIGHT / 2.0);
            if node.is_group() {
                // A second sheet below says that there is more than one.
                let _ =
                    ctx.round_rect_with_f64(left + 5.0, top + 5.0, NODE_WIDTH, NODE_HEIGHT, RADIUS);
            }
            // Only a negative radius would fail.
            let _ = ctx.round_rect_with_f64(left, top, NODE_WIDTH, NODE_HEIGHT, RADIUS);
        }
        ctx.fill();
        ctx.stroke();
    }
}

/// Each box's colour: a strip at its left, or the whole box from far away.
fn strips(ctx: &Context, picture: &Picture<'_>, group: &[u32]) {
    let Picture {
        scene,
        camera,
        ratio,
        palette,
        color,
        tones,
        ..
    } = picture;
    let far = camera.scale < BOXES;
    let mut by_color: Vec<Vec<u32>> = vec![Vec::new(); Palette::COLORS];
    let mut dots: Vec<Vec<u32>> = vec![Vec::new(); Palette::COLORS];
    for &at in group {
        let tone = tones[at as usize];
        by_color[match color {
            ColorBy::Kind => Palette::kind(scene.nodes[at as usize].kind),
            ColorBy::Status => Palette::tone(tone),
        }]
        .push(at);
        if tone > Tone::Ok && (far || *color == ColorBy::Kind) {
            dots[Palette::tone(tone)].push(at);
        }
    }
    for (number, members) in by_color
        .iter()
        .enumerate()
        .filter(|(_, members)| !members.is_empty())
    {
        ctx.set_fill_style_str(palette.color(number));
        let corners = members.iter().map(|at| {
            let node = &scene.nodes[*at as usize];
            (node.x - NODE_WIDTH / 2.0, node.y - NODE_HEIGHT / 2.0)
        });
        // One path of thousands of boxes takes longer to fill than the boxes one by one.
        if far {
            apart(corners, 1.0 / (camera.scale * ratio))
                .for_each(|(left, top)| ctx.fill_rect(left, top, NODE_WIDTH, NODE_HEIGHT));
            continue;
        }
        ctx.begin_path();
        for (left, top) in corners {
            let _ = ctx.round_rect_with_f64(
                left + 4.0,
                top + 6.0,
                STRIP,
                NODE_HEIGHT - 12.0,
                STRIP / 2.0,
            );
        }
        ctx.fill();
    }
    for (number, members) in dots
        .iter()
        .enumerate()
        .filter(|(_, members)| !members.is_empty())
    {
        ctx.set_fill_style_str(palette.color(number));
        let radius = if far { 22.0 } else { 5.0 };
        ctx.begin_path();
        for at in members {
            let node = &scene.nodes[*at as usize];
            let (x, y) = (node.x + NODE_WIDTH / 2.0 - 13.0, node.y);
            ctx.move_to(x + radius, y);
            let _ = ctx.arc(x, y, radius, 0.0, TAU);
        }
        ctx.fill();
    }
}

/// Of places that share a pixel, which is so large, the first: the others would be drawn over it.
pub(super) fn apart(
    places: impl Iterator<Item = (f64, f64)>,
    pixel: f64,
) -> impl Iterator<Item = (f64, f64)> {
    let mut taken = HashSet::new();
    places.filter(move |(x, y)| {
        let cell = |value: &f64| (value / pixel).floor() as i32;
        taken.insert((cell(x), cell(y)))
    })
}

fn names(ctx: &Context, picture: &Picture<'_>, group: &[u32], labels: &mut Labels) {
    let Picture { scene, palette, .. } = picture;
    ctx.set_font(&format!("500 {TEXT_SIZE}px {}", palette.font));
    ctx.set_text_baseline("middle");
    ctx.set_text_align("left");
    ctx.set_fill_style_str(&palette.ink);
    let count = scene.nodes.len();
    labels.resize(2 * count, None);
    for &at in group {
        let node = &scene.nodes[at as usize];
        let label =
            labels[at as usize].get_or_insert_with(|| cut(ctx, &node.label, NODE_WIDTH - 46.0));
        let rise = if node.columns.is_empty() { -0.5 } else { 6.5 };
        // Text that cannot be drawn is no reason to draw nothing.
        let _ = ctx.fill_text(label, node.x - NODE_WIDTH / 2.0 + 18.0, node.y - rise);
    }
    if scene.focus.is_none() {
        return;
    }
    ctx.set_font(&format!("500 11px {}", palette.font));
    ctx.set_fill_style_str(&palette.faint);
    for &at in group {
        let node = &scene.nodes[at as usize];
        if !node.columns.is_empty() {
            ctx.set_text_align("left");
            let columns = labels[count + at as usize]
                .get_or_insert_with(|| cut(ctx, &node.columns, NODE_WIDTH - 46.0));
            let _ = ctx.fill_text(columns, node.x - NODE_WIDTH / 2.0 + 18.0, node.y + 8.5);
        }
        if node.hidden_parents > 0 {
            ctx.set_text_align("right");
            let _ = ctx.fill_text(
                &format!("+{}", node.hidden_parents),
                node.x - NODE_WIDTH / 2.0 - 8.0,
                node.y - 8.0,
            );
        }
        if node.hidden_children > 0 {
            ctx.set_text_align("left");
            let _ = ctx.fill_text(
                &format!("+{}", node.hidden_children),
                node.x + NODE_WIDTH / 2.0 + 8.0,
                node.y - 8.0,
            );
        }
    }
}

/// Names that are larger than their boxes are at this scale: those of groups, which are what one looks for first, and
/// those of nodes where there are few.
fn large_names(ctx: &Context, picture: &Picture<'_>, group: &[u32]) {
    let Picture {
        scene,
        camera,
        palette,
        ..
    } = picture;
    ctx.set_font(&format!(
        "500 {}px {}",
        LARGE_NAME / camera.scale,
        palette.font
    ));
    ctx.set_text_baseline("middle");
    ctx.set_text_align("left");
    ctx.set_fill_style_str(&palette.ink);
    for at in group {
        let node = &scene.nodes[*at as usize];
        if node.is_group() || group.len() <= FEW {
            let label = cut(ctx, &node.label, NODE_WIDTH - 30.0);
            let _ = ctx.fill_text(&label, node.x - NODE_WIDTH / 2.0 + 18.0, node.y);
        }
    }
}

/// A name cut in its middle: both ends of `stg_shop__order_items_v2` tell it apart from others.
fn cut(ctx: &Context, label: &str, width: f64) -> String {
    let measure = |text: &str| {
        ctx.measure_text(text)
            .map_or(0.0, |metrics| metrics.width())
    };
    let full = measure(label);
    if full <= width {
        return label.to_owned();
    }
    let letters: Vec<char> = label.chars().collect();
    let mut keep = (letters.len() as f64 * width / full) as usize;
    loop {
        let head = keep * 2 / 3;
        let tail = keep - head;
        let text: String = letters[..head]
            .iter()
            .chain(['…'].iter())
            .chain(letters[letters.len() - tail..].iter())
            .collect();
        if keep < 2 || measure(&text) <= width {
            return text;
        }
        keep -= 1;
    }
}

/// Rings around the focus, the keyboard's place, what is under the pointer and what was looked for.
fn rings(ctx: &Context, picture: &Picture<'_>) {
    let Picture {
        scene,
        camera,
        palette,
        hover,
        cursor,
        found,
        ..
    } = picture;
    let ring = |at: u32, color: &str, width: f64| {
        let Some(node) = scene.nodes.get(at as usize) else {
            return;
        };
        let grow = width / camera.scale.max(0.4);
        ctx.set_stroke_style_str(color);
        ctx.set_line_width(grow);
        ctx.begin_path();
        let _ = ctx.round_rect_with_f64(
            node.x - NODE_WIDTH / 2.0 - grow / 2.0,
            node.y - NODE_HEIGHT / 2.0 - grow / 2.0,
            NODE_WIDTH + grow,
            NODE_HEIGHT + grow,
            RADIUS + grow / 2.0,
        );
        ctx.stroke();
    };
    for at in *found {
        ring(*at, &palette.accent, 1.5);
    }
    if let Some(at) = scene.focus {
        ring(at, &palette.accent, 2.0);
    }
    if let Some(at) = hover {
        ring(*at, &palette.accent, 1.5);
    }
    if let Some(at) = cursor {
        ring(*at, &palette.ink, 2.0);
    }
}
