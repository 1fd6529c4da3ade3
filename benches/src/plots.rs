//! The plots in `benches/plots`.

use std::ops::Range;

use cachery_benches::report;
use plotters::{
    coord::{
        Shift,
        ranged1d::{AsRangedCoord, Ranged, ValueFormatter},
    },
    prelude::*,
};

use crate::{measure::all, ratio::CONTENDERS, table::Line};

const DIRECTORY: &str = "benches/plots";
const SIZE: (u32, u32) = (960, 600);
/// Dark enough on white, and different also for readers who see fewer colours.
const COLOURS: [RGBColor; 9] = [
    RGBColor(0, 0, 0),
    RGBColor(130, 130, 130),
    RGBColor(213, 94, 0),
    RGBColor(230, 159, 0),
    RGBColor(153, 34, 136),
    RGBColor(204, 121, 167),
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 158, 115),
];

/// A line with its name.
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
}

/// The words of a plot.
struct Words {
    title: &'static str,
    x: &'static str,
    y: &'static str,
}

/// Plots the time of a hit over the number of keys.
pub fn hit_time(lines: &[Line]) {
    let series = all().into_iter().enumerate().map(|(n, contender)| {
        let point = |line: &Line| Some((line.keys? as f64, line.rows[n].median()));
        let points = lines.iter().filter_map(point).collect();
        Series { name: contender.name().replace('`', ""), points }
    });
    let words = Words {
        title: "A hit in memory, one thread",
        x: "keys: uniform to 10,000, then Zipf 0.99",
        y: "time of a hit, ns",
    };
    let most = lines.iter().flat_map(|line| &line.rows).map(|row| row.median());
    let most = most.fold(1_000.0, f64::max) * 1.2;
    write("hit_time.svg", &words, 100.0..1e6, (20.0..most).log_scale(), series.collect());
}

/// Plots hit ratios over capacities, both in percent.
pub fn hit_ratio(ratios: &[(f64, [f64; 3])]) {
    let series = CONTENDERS.into_iter().enumerate().map(|(n, name)| {
        let points = ratios.iter().map(|(capacity, ratios)| (*capacity, ratios[n])).collect();
        Series { name: name.to_owned(), points }
    });
    let words = Words {
        title: "Hit ratio, Zipf 0.99",
        x: "capacity, % of the keys",
        y: "hits of 100 calls",
    };
    write("hit_ratio.svg", &words, 0.1..50.0, 20.0..100.0, series.collect());
}

fn write<Y>(file: &str, words: &Words, x: Range<f64>, y: Y, series: Vec<Series>)
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    if !report::writes() {
        return;
    }
    let path = format!("{DIRECTORY}/{file}");
    let area = SVGBackend::new(&path, SIZE).into_drawing_area();
    draw(&area, words, x, y, series).expect("a picture in benches/plots");
    area.present().expect("written");
}

fn draw<Y>(
    area: &DrawingArea<SVGBackend, Shift>,
    words: &Words,
    x: Range<f64>,
    y: Y,
    series: Vec<Series>,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    area.fill(&WHITE)?;
    let (plot, beside) = area.split_horizontally(SIZE.0 - 260);
    let mut chart = ChartBuilder::on(&plot)
        .caption(words.title, ("sans-serif", 22))
        .margin(16)
        .x_label_area_size(52)
        .y_label_area_size(72)
        .build_cartesian_2d(x.log_scale(), y)?;
    chart
        .configure_mesh()
        .x_desc(words.x)
        .y_desc(words.y)
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 16))
        .light_line_style(RGBColor(235, 235, 235))
        .x_label_formatter(&|x| x.to_string())
        .y_label_formatter(&|y| y.to_string())
        .draw()?;
    for (n, Series { name, points }) in series.into_iter().enumerate() {
        let style = COLOURS[n].stroke_width(2).filled();
        chart.draw_series(LineSeries::new(points, style).point_size(3))?;
        key(&beside, n as i32, &name)?;
    }
    Ok(())
}

/// Draws the colour and the name of a line beside the plot.
fn key(
    area: &DrawingArea<SVGBackend, Shift>,
    n: i32,
    name: &str,
) -> Result<(), DrawingAreaErrorKind<std::io::Error>> {
    let y = 60 + 26 * n;
    let style = COLOURS[n as usize].stroke_width(3);
    area.draw(&PathElement::new([(0, y), (22, y)], style))?;
    area.draw(&Text::new(name.to_owned(), (30, y - 8), ("sans-serif", 15)))
}
