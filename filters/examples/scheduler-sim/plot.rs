//! Bar charts as SVG, by hand: a group of bars for each scenario, one bar for each way to hand out accounts.

use std::fmt::Write;

/// One chart.
pub(crate) struct Chart<'a> {
    pub(crate) title: &'a str,
    /// What the upright axis shows, with its unit.
    pub(crate) axis: &'a str,
    pub(crate) groups: Vec<&'a str>,
    pub(crate) bars: Vec<&'a str>,
    /// By group, then by bar.
    pub(crate) values: Vec<Vec<f64>>,
}

const WIDTH: f64 = 1_040.0;
const HEIGHT: f64 = 460.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 50.0;
const RIGHT: f64 = 230.0;
const BOTTOM: f64 = 50.0;
const COLOURS: [&str; 7] = [
    "#1b6ca8", "#3f8fc5", "#6fb1dd", "#9fcdec", "#c9e3f5", "#c0392b", "#8a8d91",
];

impl Chart<'_> {
    pub(crate) fn svg(&self) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"sans-serif\" font-size=\"12\">\n<title>{0}</title>\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
             <text x=\"{LEFT}\" y=\"26\" font-size=\"16\">{0}</text>\n",
            self.title
        );
        let parts = [self.grid(), self.columns(), self.legend()];
        parts.iter().for_each(|part| svg.push_str(part));
        svg.push_str("</svg>\n");
        svg
    }

    /// The end of the upright axis: a round number at or above the highest bar.
    fn top(&self) -> f64 {
        let most = self
            .values
            .iter()
            .flatten()
            .copied()
            .fold(0.0, f64::max)
            .max(1e-9);
        let magnitude = 10_f64.powf(most.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|step| step * magnitude);
        steps
            .into_iter()
            .find(|step| *step >= most * 0.999)
            .unwrap_or(most)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - value / self.top() * (HEIGHT - TOP - BOTTOM)
    }

    fn grid(&self) -> String {
        let mut svg = String::new();
        for fifth in 0..=5 {
            let value = self.top() * f64::from(fifth) / 5.0;
            let (y, end) = (self.y(value), WIDTH - RIGHT);
            let number = format!("{value:.2}");
            let number = number.trim_end_matches('0').trim_end_matches('.');
            let (label, below) = (LEFT - 8.0, y + 4.0);
            // Writing to a string never fails.
            _ = writeln!(
                svg,
                "<line x1=\"{LEFT}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ccc\"/>"
            );
            _ = writeln!(
                svg,
                "<text x=\"{label}\" y=\"{below:.1}\" text-anchor=\"end\">{number}</text>"
            );
        }
        let middle = (TOP + HEIGHT - BOTTOM) / 2.0;
        let axis = self.axis;
        _ = writeln!(
            svg,
            "<text transform=\"translate(18 {middle}) rotate(-90)\" text-anchor=\"middle\">{axis}</text>"
        );
        svg
    }

    fn columns(&self) -> String {
        let mut svg = String::new();
        let group = (WIDTH - LEFT - RIGHT) / self.groups.len().max(1) as f64;
        let bar = group * 0.8 / self.bars.len().max(1) as f64;
        for (at, (name, values)) in self.groups.iter().zip(&self.values).enumerate() {
            let start = LEFT + group * at as f64;
            let (middle, below) = (start + group / 2.0, HEIGHT - BOTTOM + 20.0);
            _ = writeln!(
                svg,
                "<text x=\"{middle:.1}\" y=\"{below}\" text-anchor=\"middle\">{name}</text>"
            );
            for (number, (value, colour)) in values.iter().zip(COLOURS).enumerate() {
                let x = start + group * 0.1 + bar * number as f64;
                let (y, width) = (self.y(*value), bar * 0.9);
                let height = HEIGHT - BOTTOM - y;
                _ = writeln!(
                    svg,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
                     fill=\"{colour}\"><title>{value:.3}</title></rect>"
                );
            }
        }
        svg
    }

    fn legend(&self) -> String {
        let mut svg = String::new();
        let x = WIDTH - RIGHT + 20.0;
        for (number, (name, colour)) in self.bars.iter().zip(COLOURS).enumerate() {
            let y = TOP + 22.0 * number as f64;
            let (text, base) = (x + 20.0, y + 11.0);
            _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"13\" height=\"13\" fill=\"{colour}\"/>"
            );
            _ = writeln!(svg, "<text x=\"{text}\" y=\"{base}\">{name}</text>");
        }
        svg
    }
}
