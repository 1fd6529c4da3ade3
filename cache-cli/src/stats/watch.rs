//! `cachery stats --watch`: statistics that are drawn anew every few seconds, as `top` does.

use std::time::{Duration, Instant};

use ratatui::{
    DefaultTerminal, Frame,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
    layout::{Constraint, Layout},
    style::{Color, Modifier, Style},
    text::Line,
    widgets::Paragraph,
};

use super::{Cache, all, model::Caches, one, table};
use crate::{
    outcome::{Code, Outcome},
    service::Service,
};

/// The state between two looks.
struct Watch<'a> {
    service: &'a Service,
    /// The only cache that is shown.
    name: Option<&'a str>,
    caches: Caches,
    /// The reason for which the last look failed.
    error: Option<String>,
}

/// Draws until `q` is pressed. The first look must succeed.
pub(super) fn run(service: &Service, name: Option<&str>, every: u64) -> Result<Outcome, String> {
    let caches = all(service)?;
    if let Some(name) = name {
        one(&caches, name)?;
    }
    let mut watch = Watch { service, name, caches, error: None };
    let mut terminal = ratatui::init();
    let drawn = watch.draw(&mut terminal, Duration::from_secs(every));
    ratatui::restore();
    drawn.map_err(|error| format!("the terminal cannot be drawn on: {error}"))?;
    Ok(Outcome::silent(Code::Well))
}

impl Watch<'_> {
    fn draw(&mut self, terminal: &mut DefaultTerminal, every: Duration) -> std::io::Result<()> {
        loop {
            terminal.draw(|frame| self.frame(frame))?;
            if wants_end(every)? {
                return Ok(());
            }
            self.look();
        }
    }

    fn look(&mut self) {
        match all(self.service) {
            Ok(caches) => {
                self.caches = caches;
                self.error = None;
            }
            Err(error) => self.error = Some(error),
        }
    }

    /// Returns the caches, the busiest first.
    fn shown(&self) -> Vec<&Cache> {
        let is_shown = |cache: &&Cache| self.name.is_none_or(|name| name == cache.name);
        let mut shown: Vec<_> = self.caches.caches.iter().filter(is_shown).collect();
        let busy = |cache: &Cache| {
            cache.rates.minute.as_ref().map_or(0.0, |rate| rate.requests_per_second)
        };
        shown.sort_by(|a, b| busy(b).total_cmp(&busy(a)).then_with(|| a.name.cmp(&b.name)));
        shown
    }

    fn frame(&self, frame: &mut Frame<'_>) {
        let shown = self.shown();
        let rows = table::rows(&shown, usize::from(frame.area().width));
        let [head, body] =
            Layout::vertical([Constraint::Length(2), Constraint::Min(0)]).areas(frame.area());
        let well = || format!("{}  {} caches  q: quit", self.service.url(), shown.len());
        let status = match &self.error {
            Some(error) => Line::styled(error.clone(), Style::new().fg(Color::Red)),
            None => Line::raw(well()),
        };
        frame.render_widget(Paragraph::new(status), head);
        let lines = rows.iter().enumerate().map(|(place, row)| {
            let style = if place == 0 {
                Style::new().add_modifier(Modifier::BOLD)
            } else {
                style_of(shown[place - 1])
            };
            Line::styled(row.join("  "), style)
        });
        frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), body);
    }
}

/// Returns the style of a cache: one whose loads fail stands out.
fn style_of(cache: &Cache) -> Style {
    let fails = cache.rates.minute.as_ref().is_some_and(|rate| rate.load_errors_per_second > 0.0);
    if fails { Style::new().fg(Color::Red) } else { Style::new() }
}

/// Waits for a key until the next look. Returns true for one that ends the command.
fn wants_end(every: Duration) -> std::io::Result<bool> {
    let next = Instant::now() + every;
    loop {
        let left = next.saturating_duration_since(Instant::now());
        if !event::poll(left)? {
            return Ok(false);
        }
        match event::read()? {
            Event::Key(key) if ends(key) => return Ok(true),
            // Another size: it is drawn at once.
            Event::Resize(..) => return Ok(false),
            _ => {}
        }
    }
}

fn ends(key: KeyEvent) -> bool {
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    key.kind == KeyEventKind::Press
        && match key.code {
            KeyCode::Char('q') | KeyCode::Esc => true,
            KeyCode::Char('c') => is_control,
            _ => false,
        }
}
