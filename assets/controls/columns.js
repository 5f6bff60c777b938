// Whether the page is one column, as on a phone: the width at which assets/style/ lays it out anew.

export const ONE_COLUMN = matchMedia("(max-width: 959px)");
