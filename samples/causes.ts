// Why things happen in the sample: every number that moves customers, in one place; truth.json repeats them.

/** The marketplace: delivery moves reviews, both move the return; price and season move what is bought. */
export const MARKETPLACE_CAUSES = {
  delivery: {
    about: 'days from hand-over to delivery = (transit.base + kilometres / transit.kilometres_per_day) * congestion(month) * exp(transit.sigma * N); '
      + 'days from approval to hand-over = the seller\'s median * congestion(month) * exp(handling.sigma * N); '
      + 'the promise = promise.base + the seller\'s median + promise.transit * (transit.base + kilometres / transit.kilometres_per_day) + promise.spread * U',
    transit: { base: 2.4, kilometres_per_day: 175, sigma: 0.56 },
    handling: { sigma: 0.7 },
    promise: { base: 4, transit: 1.55, spread: 8 },
    congestion: { '2017-11': 1.35, '2017-12': 1.2, '2018-02': 1.3, '2018-03': 1.35, '2018-05': 1.15 } as Record<string, number>,
  },
  review: {
    about: 'satisfaction = offset + product * quality + seller * quality + late * min(late_cap, days late) + early * min(15, days early) + undelivered + many_items + Logistic; '
      + 'the score is 5 above cuts[0], 4 above cuts[1], 3 above cuts[2], 2 above cuts[3], else 1',
    offset: 0.15, product: 0.45, seller: 0.3, late: -0.42, late_cap: 10, early: 0.025, undelivered: -3.2, many_items: -0.25,
    cuts: [-0.1, -1.05, -1.65, -1.95],
  },
  repurchase: {
    about: 'log-odds that a customer ever comes back after an order = score * (review score - 4) + late * min(10, days late) + undelivered + category loyalty + loyalty * N(customer) - c(nth order); '
      + 'the time until then, from the day after delivery (or after the promise, if it never came), is exponential on a clock that runs with season and weekday, its mean return_days * exp(pace * N(customer)) / n^haste after the nth order',
    score: 0.55, late: -0.12, undelivered: -1, loyalty: 0.5, pace: 0.4, haste: 0.5,
  },
  price: {
    about: 'what is asked in a week is the regular price times a level (percent, with their chances); sales of a product go with (level / 100)^-elasticity of its category, and with the season of its category',
    levels: [85, 95, 100, 105, 115], chances: [0.1, 0.15, 0.5, 0.15, 0.1],
  },
  basket: {
    about: 'another item of an order is the same product again, the product\'s complement, or anything',
    same: 0.55, complement: 0.3,
  },
  freight: {
    about: 'freight = (first + zone * hops + (kilogram + kilogram_hop * hops) * kg) * (1 + noise * N) + kilometre * km, in cents; hops between delivery zones; kg = the greater of weight and volume / 5000',
    first: 790, zone: 280, kilogram: 90, kilogram_hop: 55, noise: 0.05, kilometre: 0.2,
  },
} as const;
