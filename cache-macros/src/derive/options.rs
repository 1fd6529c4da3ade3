//! `#[cache_key(..)]` on the type and on its fields.

use syn::{Attribute, Expr, Ident, Path, Token, ext::IdentExt as _, parse::ParseStream};

use crate::shared::{
    crate_path,
    errors::Errors,
    suggestion::{did_you_mean, nearest},
};

/// The place of an attribute, which decides what it may say.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Type,
    Variant,
    Field,
}

/// The one list of the options: how each is written and where it belongs.
const OPTIONS: [(&str, &str, Place, &str); 2] = [
    ("skip", "skip", Place::Field, "a field"),
    ("crate", "crate = path::to::cachery", Place::Type, "the type"),
];

/// The options that were given.
#[derive(Default)]
struct Options {
    skip: bool,
    krate: Option<Expr>,
}

/// Returns the path of the facade.
pub(super) fn krate(attrs: &[Attribute], errors: &mut Errors) -> Path {
    let options = read(attrs, Place::Type, errors);
    crate_path::or_default(options.krate.as_ref(), errors)
}

/// Refuses the options of a variant, which has none.
pub(super) fn variant(attrs: &[Attribute], errors: &mut Errors) {
    read(attrs, Place::Variant, errors);
}

/// Returns true if the field is left out of the key.
pub(super) fn skipped(attrs: &[Attribute], errors: &mut Errors) -> bool {
    read(attrs, Place::Field, errors).skip
}

fn read(attrs: &[Attribute], place: Place, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cache_key")) {
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| option(input, place));
        match parsed {
            Ok(Given::Skip) if !options.skip => options.skip = true,
            Ok(Given::Crate(path)) if options.krate.is_none() => options.krate = Some(path),
            Ok(_) => errors.at(attr, "this option is given twice: keep one"),
            Err(error) => errors.push(error),
        }
    }
    options
}

enum Given {
    Skip,
    Crate(Expr),
}

fn option(input: ParseStream<'_>, place: Place) -> syn::Result<Given> {
    if input.is_empty() {
        return Err(syn::Error::new(
            input.span(),
            "`#[cache_key()]` is empty: write `#[cache_key(skip)]` on a field to leave it out",
        ));
    }
    let word = Ident::parse_any(input)?;
    let Some((name, example, home, at)) = OPTIONS.into_iter().find(|(name, ..)| word == name)
    else {
        return Err(unknown(&word));
    };
    if home != place {
        return Err(syn::Error::new(
            word.span(),
            format!("`{name}` belongs on {at}: move it there"),
        ));
    }
    let given = match name {
        "skip" => Ok(Given::Skip),
        _ => input.parse::<Token![=]>().and_then(|_| input.parse()).map(Given::Crate),
    };
    let misuse =
        || syn::Error::new(word.span(), format!("`{name}` is written `#[cache_key({example})]`"));
    given.ok().filter(|_| input.is_empty()).ok_or_else(|| {
        // The rest would be reported as unexpected, beside our own message.
        _ = input.parse::<proc_macro2::TokenStream>();
        misuse()
    })
}

fn unknown(word: &Ident) -> syn::Error {
    let near = nearest(word, OPTIONS.map(|(name, ..)| name));
    let way_out = did_you_mean(near, || {
        "it takes `skip` on a field and `crate = path` on the type".to_owned()
    });
    syn::Error::new(word.span(), format!("`{word}` is not an option of `#[cache_key]`: {way_out}"))
}
