//! Who and what the story is about. All of it is made up.

/// Name, country, city.
pub(super) const CUSTOMERS: [(&str, &str, &str); 24] = [
    ("Café Lindqvist", "SE", "Gothenburg"),
    ("Roaster's Yard", "GB", "Bristol"),
    ("Bäckerei Hofmann", "DE", "Leipzig"),
    ("Kaffe & Krumme", "DK", "Aarhus"),
    ("Hotel Miramar", "PT", "Porto"),
    ("La Petite Tasse", "FR", "Lyon"),
    ("Osteria Belvedere", "IT", "Bologna"),
    ("Northside Deli", "GB", "Leeds"),
    ("Teehaus Weber", "AT", "Graz"),
    ("Brasserie du Lac", "CH", "Lausanne"),
    ("De Gouden Boon", "NL", "Utrecht"),
    ("Kahvila Saimaa", "FI", "Kuopio"),
    ("Corner Press", "IE", "Cork"),
    ("Mill Street Books", "GB", "York"),
    ("Konditorei Brandl", "AT", "Linz"),
    ("Cafetería Alameda", "ES", "Seville"),
    ("Pracownia Kawy", "PL", "Kraków"),
    ("Harbour Canteen", "NO", "Bergen"),
    ("Studio Verde", "IT", "Turin"),
    ("Bistro Zentral", "DE", "Kassel"),
    ("Le Comptoir", "BE", "Ghent"),
    ("Lighthouse Catering", "IE", "Galway"),
    ("Kavárna Most", "CZ", "Brno"),
    ("Green Bench", "GB", "Norwich"),
];

/// SKU, price in cents.
pub(super) const PRODUCTS: [(&str, i64); 8] = [
    ("ethiopia-yirgacheffe-1kg", 2450),
    ("colombia-huila-1kg", 1990),
    ("house-espresso-1kg", 1680),
    ("decaf-peru-1kg", 2120),
    ("filter-papers-100", 540),
    ("cold-brew-bag-5l", 3200),
    ("cups-8oz-500", 4175),
    ("grinder-burrs", 8900),
];

/// Who works there.
pub(super) const STAFF: [&str; 4] = ["amara", "jonas", "mei", "tomas"];

/// Who carries.
pub(super) const CARRIERS: [(&str, &str); 3] = [("dhl", "JD0"), ("dpd", "098"), ("ups", "1Z9")];

/// Why an order is cancelled.
pub(super) const CANCELLED: [&str; 3] =
    ["ordered twice", "out of stock", "the customer changed their mind"];

/// Why an order comes back.
pub(super) const RETURNED: [&str; 3] = ["wrong grind", "damaged in transit", "refused at the door"];

/// What people write beside an event.
pub(super) const NOTES: [&str; 6] = [
    "called in by phone",
    "deliver before ten",
    "second attempt, nobody was in",
    "agreed with accounts",
    "gate code is on file",
    "ship together with the order of last week",
];
