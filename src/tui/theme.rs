//! Colours by meaning. No view names a colour, and nothing is said by colour alone.

use ratatui::style::{Color, Modifier, Style};

/// What something that is drawn means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meaning {
    Text,
    Dim,
    Title,
    Focus,
    Selected,
    Ok,
    Warn,
    Danger,
    Added,
    Removed,
    Changed,
    Id,
    Number,
    String,
    Key,
    Hash,
    Link,
}

/// Which colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Colours for a dark background.
    Dark,
    /// Colours for a light background.
    Light,
    /// The sixteen colours that the terminal itself defines.
    #[default]
    Ansi,
    /// No colours: bold, reverse, underlined, dim.
    None,
}

impl Theme {
    /// Every theme, in the order in which they are switched.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Ansi, Self::None];

    /// The name, as `--theme` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Ansi => "ansi",
            Self::None => "none",
        }
    }

    /// The theme of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == name)
    }

    /// How `meaning` looks. The background is the terminal's own everywhere.
    pub(crate) fn style(self, meaning: Meaning) -> Style {
        let style = Style::new().add_modifier(weight(meaning));
        let color = match self {
            Self::Dark => dark(meaning).map(rgb),
            Self::Light => light(meaning).map(rgb),
            Self::Ansi => ansi(meaning),
            Self::None => None,
        };
        match color {
            Some(color) => style.fg(color),
            // Where there is no colour, what steps back is dim.
            None if meaning == Meaning::Dim => style.add_modifier(Modifier::DIM),
            None => style,
        }
    }
}

/// What holds with and without colours.
fn weight(meaning: Meaning) -> Modifier {
    match meaning {
        Meaning::Title | Meaning::Danger => Modifier::BOLD,
        Meaning::Selected => Modifier::REVERSED.union(Modifier::BOLD),
        Meaning::Link => Modifier::UNDERLINED,
        _ => Modifier::empty(),
    }
}

fn rgb(hex: u32) -> Color {
    let [_, red, green, blue] = hex.to_be_bytes();
    Color::Rgb(red, green, blue)
}

fn dark(meaning: Meaning) -> Option<u32> {
    Some(match meaning {
        Meaning::Text | Meaning::Title | Meaning::Selected => return None,
        Meaning::Dim => 0x0094_9ba6,
        Meaning::Focus | Meaning::Id => 0x007c_c4ff,
        Meaning::Ok | Meaning::Added => 0x007f_d88f,
        Meaning::Warn | Meaning::Changed => 0x00f0_c674,
        Meaning::Danger | Meaning::Removed => 0x00ff_8f88,
        Meaning::Number => 0x00d7_a6f5,
        Meaning::String => 0x00a9_d8a0,
        Meaning::Key => 0x0086_c5d8,
        Meaning::Hash => 0x00b5_b0d8,
        Meaning::Link => 0x0092_c8ff,
    })
}

fn light(meaning: Meaning) -> Option<u32> {
    Some(match meaning {
        Meaning::Text | Meaning::Title | Meaning::Selected => return None,
        Meaning::Dim => 0x005c_6370,
        Meaning::Focus | Meaning::Id => 0x0000_5a9e,
        Meaning::Ok | Meaning::Added => 0x001a_6b2b,
        Meaning::Warn | Meaning::Changed => 0x007d_5200,
        Meaning::Danger | Meaning::Removed => 0x00b3_2020,
        Meaning::Number => 0x0079_329f,
        Meaning::String => 0x003b_6a18,
        Meaning::Key => 0x0005_626f,
        Meaning::Hash => 0x0052_4a8c,
        Meaning::Link => 0x001f_50b5,
    })
}

fn ansi(meaning: Meaning) -> Option<Color> {
    Some(match meaning {
        Meaning::Text | Meaning::Title | Meaning::Selected => return None,
        Meaning::Dim => Color::DarkGray,
        Meaning::Focus | Meaning::Id | Meaning::Key | Meaning::Link => Color::Cyan,
        Meaning::Ok | Meaning::Added | Meaning::String => Color::Green,
        Meaning::Warn | Meaning::Changed => Color::Yellow,
        Meaning::Danger | Meaning::Removed => Color::Red,
        Meaning::Number | Meaning::Hash => Color::Magenta,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Meaning; 17] = [
        Meaning::Text,
        Meaning::Dim,
        Meaning::Title,
        Meaning::Focus,
        Meaning::Selected,
        Meaning::Ok,
        Meaning::Warn,
        Meaning::Danger,
        Meaning::Added,
        Meaning::Removed,
        Meaning::Changed,
        Meaning::Id,
        Meaning::Number,
        Meaning::String,
        Meaning::Key,
        Meaning::Hash,
        Meaning::Link,
    ];

    /// The relative luminance of WCAG 2.
    fn luminance(hex: u32) -> f64 {
        let [_, red, green, blue] = hex.to_be_bytes();
        let linear = |byte: u8| {
            let part = f64::from(byte) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(one: u32, other: u32) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_its_background() {
        // The lightest of the common dark backgrounds, and the darkest of the common light ones.
        for (color, background) in
            [(dark as fn(Meaning) -> Option<u32>, 0x0028_2c34), (light, 0x00f0_f0f0)]
        {
            for meaning in ALL {
                let Some(color) = color(meaning) else { continue };
                let contrast = contrast(color, background);
                assert!(contrast >= 4.5, "{meaning:?} on {background:06x}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn without_colours_there_are_none() {
        for meaning in ALL {
            let style = Theme::None.style(meaning);
            assert_eq!((style.fg, style.bg), (None, None), "{meaning:?}");
        }
        let selected = Theme::None.style(Meaning::Selected).add_modifier;
        assert!(selected.contains(Modifier::REVERSED | Modifier::BOLD));
    }

    #[test]
    fn names_read_back() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_name(theme.as_str()), Some(theme));
        }
        assert_eq!(Theme::from_name("solarized"), None);
    }
}
