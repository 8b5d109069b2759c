//! The chart of what an event costs, by audiences and people, as a picture for the documentation.

use std::fmt::Write;

/// One measured point.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) audiences: usize,
    pub(crate) cpu_us: f64,
}

/// One line of the chart, and what it is of.
pub(crate) type Line = (String, Vec<Point>);

const WIDTH: f64 = 740.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 220.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// Lines across, besides that of nothing.
const STEPS: usize = 5;
const COLOURS: [&str; 4] = ["#1b6ca8", "#c8553d", "#4b8f4b", "#7a5195"];

/// The chart as SVG. Audiences are drawn by their logarithm, the cost from nothing up.
pub(crate) fn svg(lines: &[Line]) -> String {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let dearest = points().map(|point| point.cpu_us).fold(1.0, f64::max);
    let step = nice(dearest / STEPS as f64);
    let highest = (dearest / step).ceil() * step;
    let fewest = points().map(|point| point.audiences).min().unwrap_or(1).max(1) as f64;
    let most = (points().map(|point| point.audiences).max().unwrap_or(1) as f64).max(fewest + 1.0);
    let x = |audiences: usize| {
        let part = (audiences as f64 / fewest).ln() / (most / fewest).ln();
        LEFT + part * (WIDTH - LEFT - RIGHT)
    };
    let y = |cpu_us: f64| HEIGHT - BOTTOM - cpu_us / highest * (HEIGHT - TOP - BOTTOM);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    text(&mut svg, LEFT, TOP - 18.0, "start", "CPU of one event, all threads: microseconds");
    let mut at_us = 0.0;
    while at_us <= highest + step / 2.0 {
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{right:.1}\" stroke=\"#dddddd\"/>",
            y = y(at_us),
            right = WIDTH - RIGHT
        );
        text(&mut svg, LEFT - 8.0, y(at_us) + 4.0, "end", &format!("{at_us}"));
        at_us += step;
    }
    let mut audiences: Vec<usize> = points().map(|point| point.audiences).collect();
    audiences.sort_unstable();
    audiences.dedup();
    for audiences in audiences {
        text(&mut svg, x(audiences), HEIGHT - BOTTOM + 20.0, "middle", &audiences.to_string());
    }
    text(&mut svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8.0, "middle", "audiences");
    for ((name, points), colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let path: Vec<String> =
            points.iter().map(|point| format!("{:.1},{:.1}", x(point.audiences), y(point.cpu_us))).collect();
        let path = path.join(" ");
        let _ = writeln!(
            svg,
            "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>"
        );
        for point in points {
            let (x, y) = (x(point.audiences), y(point.cpu_us));
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"/>");
        }
        if let Some(last) = points.last() {
            text(&mut svg, x(last.audiences) + 10.0, y(last.cpu_us) + 4.0, "start", name);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

/// The next larger of 1, 2, 5, 10, 20, 50 ...
fn nice(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}
