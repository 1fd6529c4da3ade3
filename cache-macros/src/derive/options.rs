//! `#[cache_key(..)]` on the type and on its fields.

use syn::{Attribute, Path, ext::IdentExt as _, parse::ParseStream, parse_quote};

use crate::errors::Errors;

/// Where an attribute stands, which decides what it may say.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Type,
    Variant,
    Field,
}

/// The one list of the options, how each is written and where it belongs.
const OPTIONS: [(&str, &str, Place, &str); 2] = [
    ("skip", "skip", Place::Field, "a field"),
    ("crate", "crate = path::to::cachery", Place::Type, "the type"),
];

/// The path of the facade.
pub(super) fn krate(attrs: &[Attribute], errors: &mut Errors) -> Path {
    read(attrs, Place::Type, errors).1.unwrap_or_else(|| parse_quote!(::cachery))
}

/// A variant has no options; one that is given is an error.
pub(super) fn variant(attrs: &[Attribute], errors: &mut Errors) {
    read(attrs, Place::Variant, errors);
}

/// Whether the field is left out of the key.
pub(super) fn skipped(attrs: &[Attribute], errors: &mut Errors) -> bool {
    read(attrs, Place::Field, errors).0
}

fn read(attrs: &[Attribute], place: Place, errors: &mut Errors) -> (bool, Option<Path>) {
    let mut read = (false, None);
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("cache_key")) {
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| option(input, place));
        match parsed {
            Ok(Given::Skip) if !read.0 => read.0 = true,
            Ok(Given::Crate(path)) if read.1.is_none() => read.1 = Some(path),
            Ok(_) => errors.at(attr, "this option is given twice: keep one"),
            Err(error) => errors.push(error),
        }
    }
    read
}

enum Given {
    Skip,
    Crate(Path),
}

fn option(input: ParseStream<'_>, place: Place) -> syn::Result<Given> {
    if input.is_empty() {
        return Err(syn::Error::new(
            input.span(),
            "`#[cache_key()]` is empty: write `#[cache_key(skip)]` on a field to leave it out",
        ));
    }
    let word = syn::Ident::parse_any(input)?;
    let Some((name, example, home, at)) = OPTIONS.into_iter().find(|(name, ..)| word == name) else {
        return Err(unknown(&word));
    };
    if home != place {
        return Err(syn::Error::new(word.span(), format!("`{name}` belongs on {at}: move it there")));
    }
    let given = match name {
        "skip" => Ok(Given::Skip),
        _ => input.parse::<syn::Token![=]>().and_then(|_| Path::parse_mod_style(input)).map(Given::Crate),
    };
    let misuse = || syn::Error::new(word.span(), format!("`{name}` is written `#[cache_key({example})]`"));
    given.ok().filter(|_| input.is_empty()).ok_or_else(|| {
        // What follows would be reported as unexpected, beside our own message.
        _ = input.parse::<proc_macro2::TokenStream>();
        misuse()
    })
}

fn unknown(word: &syn::Ident) -> syn::Error {
    let way_out = match cachery_syntax::nearest(&word.to_string(), OPTIONS.map(|(name, ..)| name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "it takes `skip` on a field and `crate = path` on the type".to_owned(),
    };
    syn::Error::new(word.span(), format!("`{word}` is no option of `#[cache_key]`: {way_out}"))
}
