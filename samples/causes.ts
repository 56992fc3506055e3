// Why things happen in the sample: every number that moves customers, in one place; truth.json repeats them.

/** The marketplace: delivery moves reviews, both move the return; price and season move what is bought. */
export const MARKETPLACE_CAUSES = {
  delivery: {
    about:
      'days from hand-over to delivery = (transit.base + kilometres / transit.kilometres_per_day) * congestion(month) * ' +
      'exp(transit.sigma * N); ' +
      "days from approval to hand-over = the seller's median * congestion(month) * exp(handling.sigma * N); " +
      "the promise = promise.base + the seller's median + promise.transit * (transit.base + kilometres / " +
      "transit.kilometres_per_day) + promise.spread * U",
    transit: { base: 2.4, kilometres_per_day: 175, sigma: 0.56 },
    handling: { sigma: 0.7 },
    promise: { base: 4, transit: 1.55, spread: 8 },
    congestion: { '2017-11': 1.35, '2017-12': 1.2, '2018-02': 1.3, '2018-03': 1.35, '2018-05': 1.15 } as Record<string, number>,
  },
  review: {
    about:
      'satisfaction = offset + product * quality + seller * quality + late * min(late_cap, days late) + early * min(15, days ' +
      'early) + undelivered + many_items + Logistic; ' +
      'the score is 5 above cuts[0], 4 above cuts[1], 3 above cuts[2], 2 above cuts[3], else 1',
    offset: 0.15,
    product: 0.45,
    seller: 0.3,
    late: -0.42,
    late_cap: 10,
    early: 0.025,
    undelivered: -3.2,
    many_items: -0.25,
    cuts: [-0.1, -1.05, -1.65, -1.95],
  },
  repurchase: {
    about:
      'log-odds that a customer ever comes back after an order = score * (review score - 4) + late * min(10, days late) + ' +
      'undelivered + category loyalty + loyalty * N(customer) - c(nth order); ' +
      'the time until then, from the day after delivery (or after the promise, if it never came), is exponential on a clock ' +
      'that runs with season and weekday, its mean return_days * exp(pace * N(customer)) / n^haste after the nth order',
    score: 0.55,
    late: -0.12,
    undelivered: -1,
    loyalty: 0.5,
    pace: 0.4,
    haste: 0.5,
  },
  price: {
    about:
      'what is asked in a fortnight is the regular price times a level (percent, with their chances); sales of a product go ' +
      'with (level / 100)^-elasticity of its category, and with the season of its category',
    levels: [85, 95, 100, 105, 115],
    chances: [0.1, 0.15, 0.5, 0.15, 0.1],
  },
  basket: {
    about: "another item of an order is the same product again, the product's complement, or anything",
    same: 0.55,
    complement: 0.3,
  },
  freight: {
    about:
      'freight = (first + zone * hops + (kilogram + kilogram_hop * hops) * kg) * (1 + noise * N) + kilometre * km, in cents; ' +
      'hops between delivery zones; kg = the greater of weight and volume / 5000',
    first: 790,
    zone: 280,
    kilogram: 90,
    kilogram_hop: 55,
    noise: 0.05,
    kilometre: 0.2,
  },
} as const;

/** What else moves the shop: visits, support, the till, suppliers and competitors. */
export const SHOP_CAUSES = {
  visits: {
    about:
      'each purchase of a web customer ends a visit in which every product of it was viewed, put into the cart and bought; ' +
      'considered[k] is the chance of k visits in the days before, which view what will be bought; ' +
      'products that are only looked at are drawn by popularity and season, products that are bought also by price, so ' +
      'P(bought | viewed) goes with (level / 100)^-elasticity; ' +
      'visits without a purchase put what they view into the cart with abandoned * (level / 100)^-elasticity',
    considered: [0.45, 0.35, 0.2],
    looked_at_more: 0.66,
    abandoned: 0.07,
    idle_visits: 2.6,
    strangers_a_customer: 3.3,
    stranger_visits: 1.3,
  },
  interactions: {
    about:
      'P(contact after an order) = min(0.8, base + late * days late + undelivered + angry[score - 1]); the wait for an ' +
      'answer is log-normal by channel, satisfaction falls with it',
    base: 0.05,
    late: 0.11,
    undelivered: 0.3,
    angry: [0.12, 0.08, 0.02, 0, 0],
    marketing: 0.18,
    wait_minutes: { email: 420, phone: 6, chat: 9, whatsapp: 35, social: 240, store: 2 },
  },
  till: {
    about:
      'purchases a customer at the till in the window are Poisson with mean * exp(spread * N(customer)); products by ' +
      'popularity, season and price',
    share: 0.62,
    mean: 2.6,
    spread: 0.6,
  },
  suppliers: {
    about: "cost = regular price * the category's cost ratio * exp(noise * N); a share rose by rise on 2018-01-01",
    noise: 0.06,
    share: 0.3,
    rise: 1.05,
  },
  competitors: {
    about: "a competitor's price = our regular price * their level * (1 + follows * (our level - 1)) * exp(noise * N)",
    levels: { Concorrente: 0.97, MegaLoja: 1.0, TopPreco: 1.05 },
    follows: 0.5,
    noise: 0.05,
    coverage: 0.6,
  },
} as const;

/** The clickstream of the retailrocket profile. */
export const CLICKSTREAM_CAUSES = {
  cart: {
    about:
      'P(cart | view) is proportional to exp(intent * N(visitor) + appeal * N(item)) * (level / 100)^-elasticity(item), and ' +
      'to back for visitors who came back',
    intent: 0.8,
    appeal: 0.5,
    back: 1.8,
    elasticity: { from: 0.6, to: 2.4 },
  },
  purchase: {
    about: 'P(purchase | cart) is proportional to exp(intent * N(visitor)) * (level / 100)^-(elasticity(item) / 2)',
    intent: 0.3,
  },
  browsing: {
    about:
      'a visit of somebody new begins with the item that brought them, and so does, with the chance again, a later one; what else is looked at is the same ' +
      'item again with the chance same, or, with the chance liked, an item of a category that the visitor likes (favourite: the most liked of two), or any ' +
      'item; both by popularity (rank = items * U^3, in the category or of all)',
    same: 0.45,
    again: 0.3,
    liked: 0.6,
    favourite: 0.75,
  },
} as const;
