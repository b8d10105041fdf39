//! The parameters each call takes, in the little language of `params`. Stripe has more; what is not here is
//! refused, so that nothing is silently ignored.

pub(super) const EXPAND: &str = "expand[] str";

pub(super) const PAGE: &str = "limit int\nstarting_after str\nending_before str\nexpand[] str";

pub(super) const CREATED: &str =
    "created int\ncreated.gt int\ncreated.gte int\ncreated.lt int\ncreated.lte int";

pub(super) const PAYMENT_METHODS: &str =
    "customer str\ntype str\nallow_redisplay enum:always|limited|unspecified";

/// Of one customer, who is in the path.
pub(super) const PAYMENT_METHODS_OF: &str = "type str\nallow_redisplay enum:always|limited|unspecified";

pub(super) const SESSION: &str = "
    mode! enum:payment|setup|subscription
    success_url url
    cancel_url url
    return_url url
    ui_mode enum:hosted_page
    client_reference_id max:200
    currency currency
    customer str
    customer_creation enum:always|if_required
    customer_email email
    customer_update.address enum:auto|never
    customer_update.name enum:auto|never
    customer_update.shipping enum:never
    expires_at int
    locale str
    submit_type enum:auto|book|donate|pay|subscribe
    billing_address_collection enum:auto|required
    phone_number_collection.enabled! bool
    payment_method_collection enum:always|if_required
    payment_method_configuration str
    allowed_payment_method_types[] str
    excluded_payment_method_types[] str
    saved_payment_method_options.allow_redisplay_filters[] enum:always|limited|unspecified
    saved_payment_method_options.payment_method_remove enum:disabled|enabled
    saved_payment_method_options.payment_method_save enum:disabled|enabled
    payment_method_options.card.request_three_d_secure enum:any|automatic|challenge
    payment_method_options.bacs_debit.mandate_options.reference_prefix any
    allow_promotion_codes bool
    automatic_tax.enabled! bool
    adaptive_pricing.enabled bool
    name_collection.individual.enabled! bool
    name_collection.individual.optional bool
    consent_collection.terms_of_service enum:none|required
    consent_collection.promotions enum:auto|none
    custom_text.submit.message! max:1200
    custom_text.after_submit.message! max:1200
    custom_text.terms_of_service_acceptance.message! max:1200
    branding_settings.display_name? str
    branding_settings.background_color? str
    branding_settings.button_color? str
    branding_settings.font_family? str
    branding_settings.border_style? str
    origin_context enum:mobile_app|web
    integration_identifier str
    metadata unset
    metadata.* meta
    payment_intent_data.capture_method enum:automatic|automatic_async
    payment_intent_data.description max:1000
    payment_intent_data.metadata.* meta
    payment_intent_data.receipt_email email
    payment_intent_data.setup_future_usage enum:off_session|on_session
    payment_intent_data.statement_descriptor max:22
    payment_intent_data.statement_descriptor_suffix max:22
    payment_intent_data.transfer_group str
    subscription_data.description max:500
    subscription_data.metadata.* meta
    subscription_data.billing_cycle_anchor int
    subscription_data.billing_mode.type! enum:classic|flexible
    subscription_data.proration_behavior enum:create_prorations|none
    subscription_data.trial_end int
    subscription_data.trial_period_days int
    setup_intent_data.description max:1000
    setup_intent_data.metadata.* meta
    line_items[].price str
    line_items[].quantity int
    line_items[].metadata.* meta
    line_items[].price_data.currency! currency
    line_items[].price_data.product str
    line_items[].price_data.product_data.name! str
    line_items[].price_data.product_data.description str
    line_items[].price_data.product_data.images[] url
    line_items[].price_data.product_data.metadata.* meta
    line_items[].price_data.product_data.tax_code str
    line_items[].price_data.recurring.interval! enum:day|month|week|year
    line_items[].price_data.recurring.interval_count int
    line_items[].price_data.tax_behavior enum:exclusive|inclusive|unspecified
    line_items[].price_data.unit_amount int
    line_items[].price_data.unit_amount_decimal str
";

pub(super) const SESSION_UPDATE: &str = "metadata unset\nmetadata.* meta";

pub(super) const SESSIONS: &str = "customer str\npayment_intent str\nsubscription str\nstatus enum:complete|expired|open\ncustomer_details.email str";

const ADDRESS: [&str; 6] = ["city", "country", "line1", "line2", "postal_code", "state"];

/// The address fields, below a prefix.
pub(super) fn address(prefix: &str) -> String {
    ADDRESS.iter().map(|part| format!("{prefix}.{part}? str\n")).collect()
}

pub(super) const CUSTOMER: &str = "
    name? max:256
    email? email
    phone? max:20
    description? str
    payment_method str
    invoice_settings.default_payment_method? str
    metadata unset
    metadata.* meta
    preferred_locales[] str
    tax_exempt? enum:exempt|none|reverse
";

pub(super) const PRODUCT: &str = "
    id str
    name! str
    active bool
    description? str
    images[] url
    metadata unset
    metadata.* meta
    shippable bool
    statement_descriptor max:22
    tax_code str
    unit_label str
    url url
";

pub(super) const PRICE: &str = "
    currency! currency
    product str
    product_data.name! str
    product_data.metadata.* meta
    unit_amount int
    unit_amount_decimal str
    active bool
    lookup_key str
    metadata.* meta
    nickname str
    recurring.interval! enum:day|month|week|year
    recurring.interval_count int
    recurring.usage_type enum:licensed
    tax_behavior enum:exclusive|inclusive|unspecified
";

pub(super) const REFUND: &str = "
    charge str
    payment_intent str
    amount int
    reason enum:duplicate|fraudulent|requested_by_customer
    metadata unset
    metadata.* meta
    instructions_email email
";

pub(super) const SUBSCRIPTION: &str = "
    customer! str
    metadata unset
    metadata.* meta
    description max:500
    default_payment_method str
    items[].price str
    items[].quantity int
    items[].metadata.* meta
    items[].price_data.currency! currency
    items[].price_data.product! str
    items[].price_data.recurring.interval! enum:day|month|week|year
    items[].price_data.recurring.interval_count int
    items[].price_data.tax_behavior enum:exclusive|inclusive|unspecified
    items[].price_data.unit_amount int
    items[].price_data.unit_amount_decimal str
    trial_end str
    billing_cycle_anchor int
    cancel_at int
    proration_behavior enum:always_invoice|create_prorations|none
    payment_behavior enum:allow_incomplete|error_if_incomplete
    off_session bool
";

pub(super) const SUBSCRIPTION_UPDATE: &str = "
    metadata unset
    metadata.* meta
    description? max:500
    cancel_at? int
    cancel_at_period_end bool
    cancellation_details.comment? str
    cancellation_details.feedback? enum:customer_service|low_quality|missing_features|other|switched_service|\
too_complex|too_expensive|unused
    default_payment_method str
    items[].id str
    items[].deleted bool
    items[].price str
    items[].quantity int
    items[].metadata.* meta
    items[].price_data.currency! currency
    items[].price_data.product! str
    items[].price_data.recurring.interval! enum:day|month|week|year
    items[].price_data.recurring.interval_count int
    items[].price_data.tax_behavior enum:exclusive|inclusive|unspecified
    items[].price_data.unit_amount int
    items[].price_data.unit_amount_decimal str
    pause_collection unset
    pause_collection.behavior! enum:keep_as_draft|mark_uncollectible|void
    pause_collection.resumes_at int
    payment_behavior enum:allow_incomplete|error_if_incomplete
    billing_cycle_anchor enum:now|unchanged
    trial_end str
    proration_behavior enum:always_invoice|create_prorations|none
    off_session bool
";

pub(super) const SUBSCRIPTION_CANCEL: &str = "
    invoice_now bool
    prorate bool
    cancellation_details.comment? str
    cancellation_details.feedback? enum:customer_service|low_quality|missing_features|other|switched_service|\
too_complex|too_expensive|unused
";

pub(super) const SUBSCRIPTIONS: &str = "
    customer str
    price str
    collection_method enum:charge_automatically|send_invoice
    status enum:active|all|canceled|ended|incomplete|incomplete_expired|past_due|paused|trialing|unpaid
    current_period_end int
    current_period_end.gt int
    current_period_end.gte int
    current_period_end.lt int
    current_period_end.lte int
";

pub(super) const INVOICES: &str = "
    customer str
    subscription str
    status enum:draft|open|paid|uncollectible|void
    collection_method enum:charge_automatically|send_invoice
";

pub(super) const INVOICE_PAY: &str = "payment_method str\noff_session bool";

pub(super) const INVOICE_PAYMENTS: &str = "
    invoice str
    status enum:canceled|open|paid
    payment.type! enum:charge|payment_intent|payment_record
    payment.payment_intent str
";

pub(super) const BALANCE_TRANSACTIONS: &str = "payout str\nsource str\ncurrency currency\ntype str";

pub(super) const PAYOUTS: &str = "
    status enum:canceled|failed|in_transit|paid|pending
    destination str
    arrival_date int
    arrival_date.gt int
    arrival_date.gte int
    arrival_date.lt int
    arrival_date.lte int
";

pub(super) const EVENTS: &str = "type str\ntypes[] str\ndelivery_success bool";
