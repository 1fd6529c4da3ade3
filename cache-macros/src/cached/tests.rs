//! What can be seen without a compiler: how much is emitted, and how mistakes add up.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use proc_macro2::TokenStream;
use quote::quote;

use super::cached;

/// The expansion as rustfmt prints it by default.
fn printed(args: TokenStream, item: TokenStream) -> String {
    let mut rustfmt = Command::new("rustfmt");
    rustfmt
        .args(["--edition", "2024", "--config", "max_width=100"])
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut running = rustfmt.spawn().expect("rustfmt comes with the toolchain");
    let text = cached(args, item).to_string();
    running
        .stdin
        .take()
        .expect("it is piped")
        .write_all(text.as_bytes())
        .expect("rustfmt reads all");
    let output = running.wait_with_output().expect("rustfmt ends");
    assert!(output.status.success(), "rustfmt refuses {text}");
    String::from_utf8(output.stdout).expect("rustfmt prints text")
}

/// The messages among the tokens, in order.
fn mistakes(args: TokenStream, item: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(cached(args, item)).expect("an expansion is a list of items");
    let messages = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(call) if call.mac.path.segments.last()?.ident == "compile_error" => {
            Some(call.mac.parse_body::<syn::LitStr>().expect("a message is a literal").value())
        }
        _ => None,
    });
    messages.collect()
}

#[test]
fn the_expansion_keeps_its_budget() {
    let args = quote!(name = "sentiment", ttl = 3600, capacity = 50_000, version = 2);
    let item = quote! {
        /// Scores a text.
        pub async fn analyze(tenant: u64, text: &str) -> Result<Sentiment, ApiError> { score(tenant, text).await }
    };
    let text = printed(args, item);
    let lines = text.lines().count();
    assert!(lines <= 70, "{lines} lines:\n{text}");
    let code: String = text.lines().filter(|line| !line.contains("#[doc =")).collect();
    for word in [" loop ", " for ", " while ", " match ", "lock"] {
        assert!(!code.contains(word), "`{word}` in:\n{text}");
    }
}

#[test]
fn a_function_that_is_not_async_keeps_the_budget() {
    let item = quote! {
        pub fn normalize(tenant: u64, text: &str) -> Result<String, Error> { slow(tenant, text) }
    };
    let text = printed(quote!(ttl = 3600, capacity = 50_000), item);
    let lines = text.lines().count();
    assert!(lines <= 70 && !text.contains("async fn") && !text.contains("Future"), "{text}");
}

#[test]
fn a_method_keeps_the_budget() {
    let args = quote!(name = "order", ttl = "5m", key(self.tenant, id));
    let item = quote! {
        pub async fn order(&self, id: u64) -> Result<Order, DbError> { self.db.order(id).await }
    };
    let text = printed(args, item);
    let lines = text.lines().count();
    assert!(lines <= 70, "{lines} lines:\n{text}");
}

#[test]
fn the_site_knows_its_backend_its_engine_and_that_it_is_local_where_that_is_said() {
    let site = |args: TokenStream| {
        let item = quote!(
            async fn f(id: u64) -> u64 {
                id
            }
        );
        let tokens: String = cached(args, item).to_string().split_whitespace().collect();
        tokens
            .split_once("\"(id:u64)\",\"u64\";")
            .expect("there is a site")
            .1
            .split_once(")}")
            .expect("it ends")
            .0
            .trim_end_matches(".weigh(||::cachery::__private::size_of!(u64))")
            .to_owned()
    };
    assert_eq!(site(quote!(ttl = "forever")), "");
    assert_eq!(
        site(quote!(ttl = "forever", backend = "redis")),
        ".backend(::cachery::__private::Backend::Redis)"
    );
    assert_eq!(
        site(quote!(ttl = "forever", local, backend = "memory")),
        ".backend(::cachery::__private::Backend::Memory).local()"
    );
    assert_eq!(site(quote!(ttl = "forever", local)), ".local()");
    let weighed = ".max_bytes(1024u64).weigh(||::core::option::Option::Some(|entry|\
                   ::cachery::__private::weighed::<u64,_>(entry,bytes_of)))";
    assert_eq!(site(quote!(ttl = "forever", max_bytes = "1KiB", weigh = bytes_of)), weighed);
    assert_eq!(
        site(quote!(ttl = "forever", engine = "moka", eviction = "lru")),
        ".engine(::cachery::__private::Engine::Moka).eviction(::cachery::__private::Eviction::Lru)"
    );
}

#[test]
fn rules_over_values_stand_in_the_key_and_an_expansion_without_them_is_as_it_was() {
    let item = quote!(
        async fn f(id: u64) -> u64 {
            id
        }
    );
    let expanded = |args| cached(args, item.clone()).to_string().replace(char::is_whitespace, "");
    let plain = expanded(quote!(ttl = 3));
    let rules = ".decide(|value,decision:::cachery::__private::Decision|decision\
                 .cache_if(value,|n|*n>1).ttl_of(value,life_of))";
    let with_rules = expanded(quote!(ttl = 3, ttl_of = life_of, cache_if = |n| *n > 1));
    assert!(with_rules.contains(rules), "{with_rules}");
    assert_eq!(with_rules.replace(rules, ""), plain);
}

#[test]
fn options_and_shared_errors_stand_in_the_key() {
    let expanded = |args| {
        let item = quote!(
            async fn f(id: u64) -> Result<Option<u64>, Failure> {
                Ok(None)
            }
        );
        cached(args, item).to_string().replace(char::is_whitespace, "")
    };
    let plain = expanded(quote!(ttl = 3));
    assert!(
        plain.contains(".optional().weigh(") && plain.contains("__eq,__key).optional()}"),
        "{plain}"
    );
    assert!(plain.contains("__tag.fallible().at("), "{plain}");
    let kept = expanded(quote!(ttl = 3, err_ttl = 1));
    assert!(kept.contains("__tag.fallible().keep_err().at("), "{kept}");
    let shared = expanded(quote!(ttl = 3, err_ttl = 1, share_err = |error| error.again()));
    let made = ".share_err(|error|::cachery::__private::made(error,|error|error.again())).at(";
    assert!(shared.contains(made) && !shared.contains("keep_err"), "{shared}");
}

#[test]
fn six_mistakes_are_six_errors() {
    let args = quote!(name = "", ttl = 0, capacity = "many", version = -1, skip(dp), tll = 3);
    let item = quote!(
        async fn f(db: &Db, id: u64) -> u64 {
            id
        }
    );
    let mistakes = mistakes(args, item);
    assert_eq!(mistakes.len(), 6, "{mistakes:#?}");
}

#[test]
fn a_wrong_argument_keeps_the_companions() {
    let tokens = cached(
        quote!(ttl = "never"),
        quote!(
            async fn f(id: u64) -> u64 {
                id
            }
        ),
    )
    .to_string();
    assert!(tokens.contains("compile_error") && tokens.contains("fn invalidate"), "{tokens}");
}

#[test]
fn a_wrong_function_is_emitted_as_it_is() {
    let item = quote!(
        const fn f(id: u64) -> u64 {
            id
        }
    );
    let tokens = cached(quote!(ttl = 3), item.clone()).to_string();
    assert!(tokens.ends_with(&item.to_string()) && !tokens.contains("invalidate"), "{tokens}");
}

#[test]
fn a_swap_of_two_parameters_changes_the_fingerprint() {
    let print = |item| cached(quote!(ttl = 3), item).to_string();
    let declared = print(quote!(
        async fn f(tenant: u64, user: u64) -> u64 {
            0
        }
    ));
    let swapped = print(quote!(
        async fn f(user: u64, tenant: u64) -> u64 {
            0
        }
    ));
    assert!(declared.contains("\"(tenant:u64,user:u64)\" , \"u64\""), "{declared}");
    assert!(swapped.contains("\"(user:u64,tenant:u64)\" , \"u64\""), "{swapped}");
}

#[test]
fn a_traced_body_has_the_functions_name() {
    let print = |attr: TokenStream| {
        let tokens = cached(quote!(ttl = 3), quote!(#attr async fn load(id: u64) -> u64 { id }));
        tokens.to_string().split_whitespace().collect::<String>()
    };
    assert!(
        print(quote!(#[tracing::instrument])).contains("#[tracing::instrument(name=\"load\")]")
    );
    let fields = print(quote!(#[instrument(fields(name = 1))]));
    assert!(fields.contains("#[instrument(name=\"load\",fields(name=1))]"), "{fields}");
    assert!(
        print(quote!(#[instrument(level = "info", name = "own")]))
            .contains("(level=\"info\",name=\"own\")")
    );
}

#[test]
fn attributes_go_where_they_belong() {
    let item = quote! {
        #[cfg(unix)]
        #[cfg_attr(test, must_use, inline)]
        #[expect(clippy::too_many_arguments)]
        async fn f(id: u64) -> u64 { id }
    };
    let tokens = cached(quote!(ttl = 3), item).to_string();
    assert_eq!(tokens.matches("# [cfg (unix)]").count(), 3, "wrapper, type and impl: {tokens}");
    assert_eq!(tokens.matches("must_use").count(), 1, "wrapper: {tokens}");
    assert_eq!(tokens.matches("inline").count(), 1, "body: {tokens}");
    assert_eq!(tokens.matches("expect").count(), 0, "a permission now: {tokens}");
}

#[test]
fn self_of_an_inner_item_makes_no_method() {
    let free = quote! {
        async fn f(id: u64) -> u64 {
            struct Inner;
            impl Inner { fn new() -> Self { Self } }
            id
        }
    };
    assert!(cached(quote!(ttl = 3), free).to_string().contains("struct f"));
    let associated = quote!(
        async fn f(id: u64) -> u64 {
            vec![Self::START][0] + id
        }
    );
    assert!(cached(quote!(ttl = 3), associated).to_string().contains("fn f_peek"));
}

#[test]
fn a_method_with_a_keyword_for_a_name_has_companions() {
    let tokens = cached(
        quote!(ttl = 3, skip(self)),
        quote!(
            async fn r#loop(&self, id: u64) -> u64 {
                id
            }
        ),
    )
    .to_string();
    assert!(tokens.contains("fn r#loop") && tokens.contains("fn loop_peek"), "{tokens}");
}

#[test]
fn words_of_items_that_begin_none_hide_no_self() {
    let associated = [
        quote!(
            async fn f(id: impl Into<u64> + CacheKey) -> Self {
                Self(id.into())
            }
        ),
        quote!(
            async fn f(id: Ids) -> u64 {
                id.union(&Self::all()).len()
            }
        ),
        quote!(
            async fn f(id: u64) -> u64 {
                let h: fn(&Self) -> u64 = Self::one;
                h(id)
            }
        ),
    ];
    for item in associated {
        let tokens = cached(quote!(ttl = 3), item).to_string();
        assert!(!tokens.contains("struct f") && tokens.contains("fn f_peek"), "{tokens}");
    }
    let free = quote! {
        async fn f(id: u64) -> u64 {
            #[derive(Clone)] struct Inner;
            #[allow(unused)] unsafe impl Mark for Inner where Self: Sized {}
            union Both { a: u8, b: Only<Self> }
            if id > 0 {} impl Inner { fn new() -> Self { Self } }
            id
        }
    };
    let tokens = cached(quote!(ttl = 3), free).to_string();
    assert!(tokens.contains("struct f"), "{tokens}");
}

#[test]
fn the_types_behind_key_expressions_are_in_the_fingerprint() {
    let item = quote!(
        async fn f(db: &Db, id: u32, name: &str) -> u8 {
            0
        }
    );
    let tokens = cached(quote!(ttl = 3, key(name.len()), skip(db)), item).to_string();
    assert!(tokens.contains("\"(id:u32,name:&str)key(name.len())\" , \"u8\""), "{tokens}");
}

#[test]
fn parts_stand_in_the_order_of_the_parameters() {
    let parts = |args, item| {
        let tokens: String = cached(args, item).to_string().split_whitespace().collect();
        tokens
            .split("::of(&[")
            .nth(1)
            .expect("there are parts")
            .split("])")
            .next()
            .map(str::to_owned)
    };
    let free = quote!(
        async fn f(a: &str, b: u64, c: u64, d: &str) -> u64 {
            0
        }
    );
    let args = quote!(ttl = 3, key(d.len(), b + c, c * 2, a.len(), (b, a)));
    assert_eq!(
        parts(args, free.clone()).as_deref(),
        Some("&a.len(),&((*b),a),&((*b)+(*c)),&((*c)*2),&d.len()"),
        "an expression at the first parameter that it names, several at one place as written"
    );
    let args = quote!(ttl = 3, key(c + 1), skip(b));
    assert_eq!(parts(args, free).as_deref(), Some("&a,&((*c)+1),&d"));
    let method = quote!(
        async fn f<T: Default>(&self, a: u64, b: impl CacheKey) -> Vec<T> {
            vec![]
        }
    );
    assert_eq!(
        parts(quote!(ttl = 3, key(a + 1, self.id)), method).as_deref(),
        Some(
            "&__tag.type_of::<Self>(),&__tag.type_of::<T>(),\
             &::cachery::__private::TypeName::of_val(b),&self.id,&((*a)+1),b"
        ),
        "types first, then `self`"
    );
}

#[test]
fn an_unclear_key_leaves_the_companions_every_parameter() {
    let item = quote!(
        async fn f(a: u64, b: u64) -> u64 {
            a + b
        }
    );
    let peek = |args| {
        let tokens = cached(args, item.clone()).to_string();
        tokens
            .split("fn peek")
            .nth(1)
            .expect("there is a peek")
            .split("->")
            .next()
            .expect("it ends")
            .to_owned()
    };
    assert_eq!(peek(quote!(ttl = 3, key(zzz))), " (a : u64 , b : u64) ");
    assert_eq!(peek(quote!(ttl = 3, key(a, 1), skip(b))), " (a : u64) ", "a constant is clear");
}
