//! The function that an attribute stands on.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{
    Attribute, FnArg, ReturnType, Signature, Type, Visibility,
    parse::{ParseStream, Parser as _},
    token,
};

use super::{errors::Errors, types::peel};

/// A function whose body is kept as tokens.
///
/// The body is emitted as it was written, and parsing it would slow every build.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl Item {
    /// Parses the item below `attribute`, which is named in errors.
    pub(crate) fn parse(attribute: &str, tokens: TokenStream, errors: &mut Errors) -> Option<Self> {
        let read = |input: ParseStream<'_>| read(attribute, input);
        read.parse2(tokens).map_err(|error| errors.push(error)).ok()
    }

    /// The return type, without the parentheses and invisible groups around it.
    pub(crate) fn returns(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Type(_, ty) => Some(peel(ty)),
            ReturnType::Default => None,
        }
    }

    /// The attributes of each input.
    pub(crate) fn input_attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.sig.inputs.iter().flat_map(|input| match input {
            FnArg::Receiver(receiver) => &receiver.attrs,
            FnArg::Typed(param) => &param.attrs,
        })
    }
}

fn read(attribute: &str, input: ParseStream<'_>) -> syn::Result<Item> {
    let attrs = Attribute::parse_outer(input)?;
    let vis = input.parse()?;
    let start = input.cursor().token_stream().into_iter().next();
    let Ok(sig) = input.parse::<Signature>() else {
        let message = format!("`{attribute}` stands on a function: move it to one");
        return Err(syn::Error::new_spanned(start, message));
    };
    if !input.peek(token::Brace) {
        let message = format!(
            "`{attribute}` needs a function with a body: put it on the one that implements this function"
        );
        return Err(syn::Error::new_spanned(&sig.ident, message));
    }
    Ok(Item { attrs, vis, sig, body: block(input.parse()?)? })
}

/// Returns the braced group, also where a `$body:block` has put an invisible group around it.
fn block(token: TokenTree) -> syn::Result<Group> {
    match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Ok(group),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            block(syn::parse2(group.stream())?)
        }
        other => Err(syn::Error::new(other.span(), "expected the body of the function")),
    }
}
