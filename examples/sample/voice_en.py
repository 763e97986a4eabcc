"""How the English posts of the sample sound. Same form as ``voice_zh``."""

SLOTS = {
    "brand": ["Zubbly", "Zubbly", "Zubbly zero sugar", "Zubbly", "Klarou", "Klarou zero sugar", "Klarou", "Fennimo"],
    "flavour": ["yuzu", "white peach", "green grape", "sea salt lemon", "lychee oolong", "grapefruit", "passion fruit", "cola"],
    "city": ["Austin", "Manchester", "Toronto", "Chicago", "Melbourne", "Dallas", "Leeds", "Portland"],
    "trip": ["Lisbon", "Oaxaca", "the Lake District", "Kyoto", "Tallinn", "Big Bend", "Ljubljana", "the Scottish Highlands"],
    "age": ["three-year-old", "four-year-old", "five-year-old", "toddler", "six-year-old"],
    "n": ["three", "four", "five", "six", "seven"],
}

SODA_TITLES = {
    "good": [
        "OK the <flavour> one is actually good", "A sugar-free soda I {finished|would buy twice}", "I've had <n> cans of <brand> this week, no regrets",
        "Found my 3pm drink", "The soda that got me off {frappes|bubble tea|juice}", "<brand> <flavour>: {I get it now|fine, you were right}",
    ],
    "bad": [
        "<brand> <flavour> is a no from me", "Zero sugar, zero joy", "I tried with <brand>, I really tried", "I wanted to like <brand>", "Don't buy the <flavour> multipack {blind|first}",
        "Who is this <flavour> soda for",
    ],
    "mixed": [
        "<brand> review after {two weeks|a whole case}", "Is sugar-free soda worth it?", "<brand> <flavour>: {good idea, odd finish|so close}", "Honest thoughts on <brand>",
        "Half of me loves the <flavour> can", "You asked about <brand>, so here you go",
    ],
}  # fmt: skip

SODA_OPEN = [
    "3pm slump, grabbed a can of <brand> from the {office fridge|corner shop}, <flavour> this time.",
    "Day {12|20|9|31} off {bubble tea|energy drinks|full-sugar soda}, living on <brand> <flavour>.",
    "Cutting right now, so my one treat is a can of <brand> at night. This week: the <flavour> one.",
    "{My sister|My gym buddy|Half my feed} wouldn't shut up about <brand>, so I caved and got the <flavour>.",
    "Our fridge door is {basically all soda now|80% cans}. Current favourite to argue about: <brand> <flavour>.",
    "Late shift, vending machine, only the <brand> {was left|button lit up}. Fate.",
    "Bought {a case|six} of <brand> because it was on offer. {I don't even know why|You know how it goes}.",
    "{Somebody|My neighbour} brought <brand> to {game night|the barbecue|book club} and I stole the <flavour>.",
    "[5-9]It's too hot to drink plain water with any enthusiasm, so <brand> <flavour> it is.",
    "[11-2]Yes I drink ice-cold soda in winter. <brand> <flavour>, since you ask.",
    "My mum thinks I have a soda problem. It's sugar-free, mum. It's <brand>, the <flavour> one.",
    "Paid for this myself, nobody sent me anything: <brand>, <flavour>.",
    "I'll admit I bought <brand> for the can.",
]

SODA_ASPECTS = {
    "taste": (
        ["Tastes like actual <flavour>, not {candle|air freshener} <flavour>.", "First sip is bright and a bit {tart|grown-up}, {really nice|I like it}.",
         "So much better cold. {Straight from the freezer shelf, ideally|Room temp is a different drink}.", "Goes {stupidly well with|perfectly with} {pizza|hot wings|takeaway noodles}.",
         "Nothing fancy, but I {keep reaching for it|finished it without noticing}."],
        ["Tastes like {somebody described <flavour> over the phone|melted lollipop|cough syrup's cousin}.", "Smells {like shampoo|very fake} when you open it.",
         "It's so faint I checked {the can twice|whether I'd lost my sense of taste}.", "The <flavour> is {in the name only|barely there}."],
    ),
    "sweet": (
        ["Sweet enough, not {sickly|syrupy}.", "Barely sweet, which is {exactly my thing|rare for a diet drink}.", "The sweetness {stops|fades} right when it should."],
        ["Too sweet. {How is it sweeter than the real thing|I gave up halfway}?", "It's {cloying|sugary in a plasticky way} and it made me thirstier.", "Way too sweet for me, I {cut it with sparkling water|needed a glass of water after}."],
    ),
    "aftertaste": (
        ["No weird sweetener aftertaste, {which I did not expect|and I'm picky about that}.", "Finish is clean, a bit {peely|of citrus peel}.", "I'm usually sensitive to stevia and {this one's fine|couldn't tell}."],
        ["The aftertaste {hung around for half an hour|is all stevia}.", "Finishes {bitter|metallic}, like {licking a spoon|you bit a pill}.", "That cooling erythritol thing on the tongue? {Full blast|Not for me}.",
         "First sip OK, then the aftertaste {arrives|shows up uninvited}."],
    ),
    "price": (
        ["{About a dollar|$1.10} a can on offer, {can't complain|cheaper than my coffee}.", "By the case it's half what the corner shop asks.", "Fair price for {a treat|what it is}."],
        ["{$2.79|$3|$3.25} for one can. {One|A single, small can}.", "Pricey for {flavoured bubbles|what's in it}, I'll {wait for a deal|stick to the store brand}.", "Price went up and {I quietly went back to tap water|so did my standards}."],
    ),
    "packaging": (
        ["The can is {gorgeous, I'm weak|so pretty I kept it}.", "Slim can, {fits the bottle pocket of my bag|doesn't roll around the car}.", "Sugar and calories are right on the front, {no squinting|love that}."],
        ["The tab {broke off|took a nail with it}.", "{Two|Three} cans came dented, one had leaked, {the box was soup|support did refund me at least}.", "No lid, so it's {drink it all or lose the fizz|flat by the time I'm out of the meeting}."],
    ),
    "bubbles": (
        ["Proper bubbles, {fine and loud|the kind that make you burp in a good way}.", "Still fizzy {two hours|a whole meeting} later.", "Bubbles are soft, {doesn't scratch|easy to drink}."],
        ["Flat in {ten minutes|no time}, {and then it's just sad juice|the second half is water}.", "So gassy I {felt like a balloon|had to undo a button}."],
    ),
    "caffeine": (
        ["No caffeine, so I can have it at {ten at night|bedtime} and still sleep.", "Zero caffeine, {no jitters|my heart says thanks}."],
        ["Turns out the cola one has caffeine. {Ask me how I know|It's 2am}.", "Don't expect a lift, {no caffeine|it's bubbles, not coffee}."],
    ),
    "ingredients": (
        ["Short ingredient list, {no colouring|I can pronounce most of it}.", "Four calories a can, {my tracker shrugs|basically nothing}."],
        ["{Three|Two} different sweeteners on the label, {hm|I'm not giving that to the kids}.", "Zero sugar isn't the same as good for you, {just saying|let's be adults}."],
    ),
    "breakfast": (
        ["Had it with {a breakfast taco|eggs on toast} and {I won't be taking questions|honestly? Great}.", "{Bus breakfast|Desk breakfast} is now a banana and a can of this."],
        ["Tried it on an empty stomach at breakfast. {Heartburn by nine|Never again}."],
    ),
    "gym": (
        ["After leg day this is {the best part of leg day|all I think about}.", "My gym stocks it cold at the desk and {that's half my motivation|I've stopped pretending I come for the squats}."],
        ["Do not drink it mid-workout. {Burpees took on a new meaning|Box jumps, regret}.", "The gym charges {$4|double} for the same can."],
    ),
}  # fmt: skip

SODA_CLOSE = {
    "good": ["Will buy again.", "{Second case is on the way|Already on the shopping list}.", "Trying {white peach|green grape|grapefruit} next.", "Not an ad, I just like soda.", "Tell me your favourite, I need {more options|a backup}."],
    "bad": ["Won't be buying it again.", "The rest went to {my roommate|the office, where it's still sitting}.", "If you've found one that's good, {please|I'm begging}.", "Maybe it's me. {I don't think it's me|Anyway}."],
    "mixed": ["{6|6.5|7|7.5} out of 10.", "On sale, yes. Full price, {no|ask me on payday}.", "Anybody else get that?", "I'll finish the case and report back.", "Depends what you're after, I guess."],
}  # fmt: skip

SODA_SCENARIOS = [
    ("I ranked <n> sugar-free sodas {so you don't have to|and my tongue is numb}",
     "Bought every zero sugar soda {the supermarket|my corner shop} had, <n> of them, and tried them {blind|back to back}.\nWinner: the <flavour>, {good bubbles and a clean finish|not too sweet, tastes of something}.\nLast place tasted like {syrup and tap water|a bitter battery}, {I won't name it|you can guess}.\nThey ran from $1 to $3.25 and price {told me nothing|was no guide at all}."),
    ("Blind soda test at {work|my desk} and {nobody passed|I'm still laughing}",
     "<n> coworkers, blindfolds, one real sugar soda hidden in there.\n{Half of them got it wrong|Only Dana from payroll got it, and she drinks it daily}.\n{Two|Three} people swore <brand> was the sugar one, {which is a compliment I think|so take that as you like}.\n{Loser buys lunch|Next week: crisps}."),
    ("A month of sugar-free soda every day: {what changed|the dull truth}",
     "One can a day for a month instead of {juice|my usual soda}. Weight: {no change|down a pound, probably water}.\nI did stop {craving a frappe at four|buying bubble tea on autopilot}.\nBut I {wanted sweet things more|noticed my teeth being sensitive}, could be in my head.\nNow it's {every other day|weekends only} and {that's about right|I don't miss it}."),
    ("{Two-ingredient|Homemade} soda that beats the can",
     "Sparkling water, {half a lime|grapefruit peel}, {a pinch of salt|a few mint leaves}, loads of ice.\nCosts {40 cents|next to nothing} and {no strange aftertaste|you pick how sweet it is}.\nDownside: {goes flat fast|one more glass to wash}. {Some days I still want the can|Weeknights only}."),
    ("{Help|Serious question}: sugar-free soda without the {sweetener taste|weird aftertaste}",
     "{My dentist had words|Pregnant and off sugar|Blood test came back borderline}, so I'm switching, and I've tried <n> that all taste {odd|of stevia}.\nHappy to {pay more|order online}, can't do {that cooling thing|bitter}.\nWhat do you all drink?"),
    ("Too pretty to recycle: the <brand> can",
     "The <flavour> one has this {matte finish|gradient}, I washed it and {put daisies in it|it holds my pens now}.\nThe drink is {fine|OK, a bit sweet}, {the can is the point|nine points of ten are for looks}.\nMy flatmate asks if I'm {starting a scrapyard|all right}."),
]  # fmt: skip

TOPICS = {
    "drinks": [
        ("{Lemon iced tea|Ginger fizz} {by the jug|that doesn't taste like a mix}", "{Four bags, five minutes, no longer|Grate the ginger, don't slice it}, then {cool it before the ice goes in|strain twice}.\nSugar {half of what you think|on the side}, a pinch of salt, {trust me|I know}.\n{My dad asked for the brand|Two jugs gone by Sunday}."),
        ("My cups, {ranked by how often they leak|and why I stopped at four}", "The pretty one {leaks|can't go in the dishwasher}. The heavy one {lives on my desk|is a weapon}.\nStraw lids need {a tiny brush and patience|more cleaning than I do}. Never put soda in {the sealed one, it explodes|a flask}.\nBest: {the plain steel one from a garage sale|the free conference mug}."),
        ("Decaf that {doesn't taste like a punishment|I'd serve a snob}", "Swiss water process, {roasted last week|beans, not a jar}, grind a bit {finer|coarser}.\nI gave it to {my brother-in-law|two coffee people} and {said nothing|they asked for seconds}.\n{Nine pm latte, asleep by eleven|My heart rate agrees}. Costs {two dollars more a bag|more, sadly}."),
        ("{Iced coffee|Oat latte} at home for {under a dollar|pennies}", "{Cold brew, twelve hours, a jar and a sieve|Instant, shaken with ice in a jam jar}, that's it.\n{Milk last or it goes sad|Salt takes the edge off}.\nI was spending {$38 a week|six dollars a day}, {which I'd rather not discuss|so this pays for the gym}."),
        ("The quiet cafe {behind the station|above the bike shop} in <city>", "{No sign, green door|You'd walk right past it}, {four tables and a very fat cat|plugs at every seat}.\nFlat white is {good, not showy|excellent}, the {cardamom bun|banana bread} is why you go.\n{Weekends fill up by ten|Don't all go at once}."),
        ("Quitting coffee, day {7|10|14}", "Headache {was days two to four|peaked on day three}, then it just stopped.\nI fall asleep by eleven, {which feels illegal|like a farmer}.\nDrinking {barley tea|hibiscus|fizzy water} so my hands have something to hold. {Ten more days|We'll see}."),
        ("Matcha {without the lumps|for lazy people}", "Sieve it. {That's the whole trick|I know, but sieve it}.\n{80 degrees, not boiling|Water off the boil for five minutes}, little bit first, then {whisk|shake in a jar}.\nCeremonial grade in a latte is {a waste|lost on me}, {culinary is fine|buy the cheap one}."),
        ("Bubble tea order that {doesn't knock me out|I'd defend in court}", "{Oolong, 30% sugar, half pearls|Jasmine, no sugar, aloe}, {less ice is a trap, it's just more milk|large, always}.\nNew place in <city> does {brown sugar properly|pearls that still chew}, {$6.50 though|and no queue on Mondays}."),
        ("[10-2]Hot drinks that aren't coffee", "{Ginger, honey, orange peel|Warm oat milk with cardamom}, ten minutes in a pan.\n{The flat smells like a holiday|My kid drinks it too}.\nGo easy on the {honey|cloves}, {ask my first attempt|less than you think}."),
        ("I tried every oat milk in {the shop|the aisle}", "<n> cartons. {Two split|Only one foamed}, one tasted like {wet cardboard|cereal, in a good way}.\nThe ones with oil foam, {the clean-label ones don't|sorry}.\nFor drinking straight, {the salty one wins|any of them, really}."),
        ("[5-9]Big jug drinks for {a barbecue|people who don't drink}", "{Cucumber, lime, soda, salt|Cold tea, peaches, fizz}, make it the night before and add bubbles late.\n{Everybody asked what was in it|Gone before the wine}.\n{Freeze grapes as ice|Sugar on the side}, people like choosing."),
    ],
    "snacks": [
        ("{My neighbour's|Grandma's} {seed crackers|shortbread}, {cracked it|third try}", "{Boiling water on the seeds, wait, spread thin|Cold butter, warm hands off}, low oven, {an hour|until it smells right}.\n{First tray: charcoal|I ate the edges before it cooled}.\nBrought them in, {three people want the recipe|the tin came back empty}, {rude and flattering|no notes}."),
        ("Train snacks that won't {make enemies|stink up the car}", "No eggs. No {tuna|crunchy bags at seven am}. {Cherry tomatoes, oatcakes, a clementine|Sandwich cut small}, all silent.\nThe kid opposite {stared until I shared|traded me a raisin}.\nFive hours, one can, {no regrets|and I still bought the trolley flapjack}."),
        ("You sent me {snacks from home|a box} and {I've been eating for two days|I have thoughts}", "The plum ones {made my eye twitch|are a prank}, the corn ones {are gone|are perfect}.\nThe plain peanuts {in the unmarked bag won|beat everything with a label}, {of course|as they do}.\nLetter was {two pages, I'm keeping it|lovely}. Sending {ours back|something back}."),
        ("{Movie night|Binge-watch} snacks, ranked by {crunch|regret}", "{Chilli lime corn nuts|Seaweed crackers} first, {loud but worth it|gone by the opening credits}.\n{Popcorn with nutritional yeast|Frozen grapes} is {underrated|the adult choice}.\nBottom: {anything called protein puffs|rice cakes, obviously}."),
        ("Low-cal snacks that are {a scam|actually food}", "Protein bars: {chewy regret|one good, nine candles}. {Air-popped popcorn: fine|Edamame: elite}.\nVeggie straws are {crisps with a publicist|potato, read the label}.\nI keep coming back to {apple and peanut butter|pickles}, {nobody can put a logo on that|boring, works}."),
        ("Care package from {my gran|home}", "{Peanut brittle wrapped in newspaper|Fig rolls, a whole tin}, and a note telling me to {share|wear a coat}.\nYou can't buy {this recipe|these} here, I've looked.\nAte {half|more than I'll admit} standing {in the hallway|by the door}."),
        ("Desk drawer {restock|inventory}", "Left side salty, right side sweet, {emergency oatcakes at the back|jerky hidden from Tom}.\nNever keep anything {spicy|in loud bags}, {meetings|I've learned}.\n{$25|Twenty quid} lasts {three weeks|until somebody finds it}."),
        ("Air fryer {sweet potato|chickpea} crisps, {attempt four|finally crispy}", "{160C|325F}, {fifteen|twenty} minutes, shake halfway, and dry them first. {Really dry them|I skipped that, twice}.\nSmoked paprika and {too much salt|a squeeze of lime}.\nKeep for {three days|a week}, they said. {They lasted an hour|Ha}."),
        ("Hot sauce chips {challenge|ranking}, {send milk|I cried}", "<n> bags, one afternoon, {bad planning|no milk in the house}.\n{The cheapest was the best|The fancy one was just vinegar}.\n{Cold soda helps for four seconds|Fizzy drinks make it worse, noted}."),
        ("Corner shop {haul|roulette}: {ten dollars|only things I can't read}", "{Black sesame wafers, yes|Plum candy that fights back}.\nThe {mochi|honey twist} was {stale but charming|the winner}.\nOwner said {try it frozen|deliveries are Wednesdays}, {so I'm going back|noted}."),
        ("Snack board for {kids and grown-ups|eight people, $30}", "{Cheese, grapes, pretzels, done|One dip, three crunchy things, one sweet}.\nCut {everything smaller than you think|the grapes, always}.\n{The olives were untouched|The pickles went first}, {every time|as usual}."),
    ],
    "fitness": [
        ("Learning to swim at {31|38}, lesson {five|eight}", "{Blew bubbles next to a six-year-old who was better|Three lessons on a float}. Breathe out slow, {lift your head and you sink|stop fighting it}.\nMade it to the other side and {grinned like a fool|clung to the wall}.\n{Good goggles, worth it|Water in my ear since Tuesday}, going back."),
        ("Walking {at lunch|the stairs}, one month: {did anything happen|log}", "{Forty minutes a day|Twelve floors up, lift down}, {trainers under my desk|knees complained in week one}.\nScale: {two pounds|nothing}. Sleep: {better|so much better}, {no 3pm crash|waistband looser}.\nIt's free and {I don't need to wash my hair|rain just means the stairwell}."),
        ("Is a trainer worth it? {$600 later|my unpopular take}", "First six sessions: {yes, fixed my squat|worth every cent}. After that: {mostly chatting|a lot of selling}.\nIf you can {film yourself|follow a plan}, buy {a short block|five}, if you've {an old injury|a bad back}, get one.\nAsk whether they {ask about your history|write things down}. Don't sign {on day one|in the lobby}."),
        ("{Twenty|Fifteen} minutes, no jumping, {downstairs neighbour approved|still sweaty}", "{Slow squats, push-ups off the sofa, dead bugs|Lunges, rows with a backpack, planks}, three rounds.\nThe last {round|two minutes} is {rude|where I start negotiating}.\n{Two weeks in, stairs are easier|Scale hasn't moved, jeans have}."),
        ("Deadlift form: {what I got wrong|please film yourself}", "I was {yanking the bar|rounding at the bottom} for months.\n{Pull the slack out first|Think push the floor}, and {drop the weight, ego included|start light}.\nBack at {60|80} kilos and {nothing hurts|it finally feels boring, which is good}."),
        ("Couch to {5k|10k}, week {six|eight}", "Ran {twenty|twenty-five} minutes without stopping, {cried a bit|told everyone at work}.\nSlow is allowed. {I got overtaken by a pram|A dog walked faster}.\n{Half a size up in shoes|Rest days count}, {trust me|I ignored that, shin splints}."),
        ("What I eat in a day while cutting, {no sad salads|with carbs}", "{Eggs on toast|Oats and yogurt}, then {chicken rice bowl|bean chilli}, then {salmon and potatoes|tofu noodles}.\nA fizzy sugar-free thing at nine so I {don't raid the cupboard|feel included}.\nDown {four|five} pounds in {six|eight} weeks, {slow on purpose|dull and fine}."),
        ("Gym anxiety: {what helped|a pep talk}", "{Go at 2pm|Headphones, a plan, one machine at a time}. Nobody is looking, {they're looking at themselves|I promise}.\nThe big guy by the racks {spotted me and said nice depth|is the kindest person there}.\n{Eleven|Nine} visits this month, {membership is nearly worth it|personal best}."),
        ("Post-workout drinks I {tried|wasted money on}", "Vanilla whey: {paint|chalk with ambition}. Chocolate: {OK with banana|drinkable}.\nSports drinks are {a lot of sugar for a 40 minute session|for long runs}, water's fine.\nIce-cold soda after, never during. {Burping through burpees is real|Learned that the hard way}."),
        ("Pilates for three months, {honest update|worth it?}", "Posture: {better|my mum noticed}. Weight: {same|don't ask}. {Back pain: gone most days|I can touch my toes}.\nReformer classes are {$32 a go|pricey}, {mat and a band do 80% of it|I go twice a month}.\nThe {breathing|tiny pulses} {is the hard part|are evil}."),
        ("[12-2]New year gym crowd, {be nice|survival guide}", "Everyone was new once. {Wipe the bench|Share the rack}.\n{Swap the squat rack for split squats|Go before seven}, it calms down {by February|soon}.\nIf you're new: {hi, stay|ask, people love being asked}."),
    ],
    "office": [
        ("\"{Quick|Small} change\", they said", "{Seven versions, we shipped the first|Three people added to the thread, nobody spoke}. File is called {final final use this one|v9 actual}.\nI {drank two cold cans in the stairwell|rearranged my pens} and {came back a person|felt nothing}.\nTomorrow: {a quick call|round eight}."),
        ("First time {presenting to the board|running a team meeting}: {shaky hands report|it was fine}", "Screen went black, {of course|obviously}. I'd learned it so well I {forgot it|skipped slide two}.\nPut the answer {first|on page one}, find {one nodder|the kind face} and talk to them.\nBoss said {clear|good}, which {I'll be living on for a week|is a sonnet, from her}."),
        ("Working from home, {six months in|honest ledger}", "Plus: {an hour more sleep|hot lunch}. Minus: {twice the meetings|412 steps yesterday}.\n{Real trousers help|Laptop goes in a drawer at six}, {no, really|it has to}.\nOnce a week I {work at the library|walk with my neighbour}, or I {forget how to chat|start narrating to the cat}."),
        ("Desk setup under {$60|fifty quid}", "{Monitor on two old dictionaries|A clamp lamp}, {a plant I can't kill|pegboard for cables}.\nNeck pain {gone in a week|down a lot}.\nBoss asked if I was {moving in|expecting visitors}."),
        ("{Four|Five} meetings, {one could be an email|zero decisions}", "We {aligned|circled back}, then {aligned on the aligning|parked it}.\nMy output today: {two cans of soda and a doodle|half a slide}.\nActual work starts at {five|half five}, {as tradition demands|cool cool}."),
        ("Meal prep for {the office|desk lunches}, week {three|six}", "Cook Sunday for three days, {freeze the rest|no more, it gets sad}.\n{Curry and chilli survive the microwave|Pasta dries out, add a splash of water}. Never fish, {people remember|ask Greg}.\nSaving {$45|about forty} a week."),
        ("What I do at 3pm instead of {a third coffee|quitting}", "{Stairs, three floors, twice|Ten minutes outside}, then something {cold and fizzy|with ice}.\n{Naps over fifteen minutes make me worse|Phone in the drawer}.\nIt's {not magic|mostly the walking}, but I {sleep now|stopped snapping at people}."),
        ("{Interview|Job hunt} notes from {someone on round six|the trenches}", "{Forty applications, six replies|Two ghosted me after a panel}.\n{Numbers on the CV work|Practise the first ninety seconds}.\nTook the one with {less money and no Sunday emails|a sane manager}, {no regrets so far|ask me in June}."),
        ("Commute bag, {ninety minutes each way|what's in it}", "{Umbrella, charger, a can of something|Book I'm pretending to read}, {emergency socks|snack tax for the bus}.\nI {sleep standing up now|do one language lesson, same one}.\nMoving closer is {$400 more|not happening this year}, {I did the maths|so}."),
        ("First week as {an intern|the new person}", "Forgot {everyone's name|how doors work}, {printed on the wrong floor|replied all}.\nSomebody {saved me a seat|showed me the good fridge}, {bless her|I would die for her}.\nFriday: {they laughed at my joke|I fixed a spreadsheet}. {One|It was one}."),
        ("Office fridge {politics|crimes}, a thread", "Somebody labels {single eggs|ice cubes}. Somebody else {eats them anyway|moves the labels}.\nMy soda {vanished twice|now lives behind the mustard}.\nHR sent {a poem|an all-staff}, {it rhymed|I'm framing it}."),
    ],
    "parenting": [
        ("The class group chat {ate my morning|and how I survive it}", "{Ninety messages about a bake sale|Somebody's lost hat, day four}. Muted, {check pins only|once at lunch}.\nForgot {crayons|costume day} last week. {She was fine, I cried|Nobody died}.\nThree of us {take turns reminding each other|share one brain now}, {recommend|it works}."),
        ("Fever at 3am, {notes to self|what I wish I knew}", "Are they drinking, are they playing, {write the numbers down|that's what the nurse asks}. {Fewer layers|Don't bundle}.\nWent through {three sets of pyjamas|every towel}, {slept sitting up|we watched diggers till five}.\nWhen in doubt {call the line, not the group chat|ask a doctor, I'm just tired}."),
        ("Snack drawer rules {in this house|that stopped the whining}", "One drawer they can reach, {one pick a day|they choose}, {never a prize, never a threat|no begging at the till}.\nFizzy stuff {stays in shops|is for outings}. Day one they {ate it by eight|panicked}, week two {they save it|peace}.\nGrandparents {are a separate nation|remain unregulated}."),
        ("My <age> won't eat {vegetables|anything green}: {what worked|week four}", "{Let her tear the leaves|Grated, in eggs}, call broccoli {trees|dinosaurs' lunch}.\nStopped {begging|the airplane spoon}, {eats more when I look away|it helped most}.\nCarrots still {get removed like evidence|no}. {We move|Small wins}."),
        ("Do you let your kids have {diet soda|fizzy drinks}?", "My <age> had {one sip at a party|half a can at grandma's} and now it's all I hear about.\nSugar-free still means sweeteners, and {I'm not sure|the dentist said once a week, no sipping}.\nWe do {sparkling water with juice, called potion|Friday only, small cup}. {What's your rule|Be kind in the comments}?"),
        ("Rainy day with a <age>, {no screens till four|a survival log}", "Cardboard box became {a bus, I was the passenger|a vet clinic}.\n{Painted the bath|Flour on the ceiling}, {do not ask|washes off}.\nI {fell asleep first|had a cold soda in the pantry, alone, for peace}. He said {best day|again}."),
        ("First week of {nursery|kindergarten}: {tears, mostly mine|notes}", "Short goodbye, {don't turn round|one hug}. Day four she {walked in alone|waved}.\nName labels on {everything, socks too|both shoes}.\nTeacher says she stops crying in {five minutes|two}, {I take twenty|unlike me}."),
        ("{Fifteen-minute|Lazy} breakfasts {my kids finish|on repeat}", "{Banana oat pancakes|Egg in a mug|Yogurt with frozen berries}, batch the dry bits on Sunday.\n{Cinnamon fools them|Cut it in triangles}, no idea why.\nLeftovers are {my breakfast|the dog's dream}."),
        ("{Second-hand|Used} baby gear: {yes and no|my list}", "Yes: {books, high chair, bath|bouncer, clothes}. No: {car seats|mattresses}, ever.\nCheck {the brakes|for all the straps} before you pay.\nPram for {$70|sixty}, {used it two years|sold it for the same}."),
        ("Bedtime in {under an hour|45 minutes}, finally", "Screens off at {half six|seven}, bath, {two books, two means two|lights low}.\nSame {song|order} every night, {dull is the point|I hear it in my sleep}.\nRelapses {happen|after grandparents}, {still|but} we get two hours to {talk|sit}."),
        ("{Museum|Zoo|Beach} with a <age>: {lower the bar|tips}", "Be there at opening, {leave by lunch|one room is enough}.\nFavourite exhibit: {the hand dryer|a pigeon}.\nBring {double the snacks|spare trousers}, {half the plans|trust me}. {Asleep before the motorway|Worth it}."),
    ],
    "travel": [
        ("Night market, {$15, two people|one lap first}: <trip>", "Walk it once, {then eat|hands in pockets}. Queue where {the locals|taxi drivers} queue.\nShare {everything|one of each}, {third stall is when the burping starts|leave room for the rice cakes}.\nThe priciest was {the dullest|fine}, the best was {a lady with one pan|cash only, no sign}."),
        ("Packing list that {keeps shrinking|fits under the seat}", "Three tops, {dark|all match}, rain jacket over umbrella, {one charger, two ports|tiny bottles}.\nNever used: {hairdryer, second shoes|the book}. {Bought a $4 T-shirt there|Washed socks in a sink}.\nSpace left went to {biscuits for my sister|jam}, {priorities|still zipped}."),
        ("Booking a {guesthouse|hostel}: {three checks|learned the loud way}", "Read the bad reviews for {words that repeat|noise}, ask {about a window|which floor}, beware {only bed photos|wide angles}.\nThis one had {a hand-drawn map and cold tea|karaoke until one}.\n{Left an honest review|Second floor or higher}, {always|from now on}."),
        ("{Three|Four} days in <trip> {without a plan|on a small budget}", "Stayed {near the market|up the hill}, walked everywhere, {26,000 steps on day one|bought plasters}.\nBest meal: {soup, plastic stool|a bakery at six am}, under {$6|ten}.\nDon't eat {on the main square|anywhere with photos of the food}, {ask the laundry lady|go two streets back}."),
        ("Solo in <trip>: {was I scared|what I'd tell you}", "A bit, {the first night|on the bus}. Then {no|it passed}.\n{Booked a hostel with curtains|Told the front desk my route}, home by {ten|dark}.\nA stranger {gave me half her orange|argued with a taxi for me}. {Dinner alone gets easier by day three|Bring a book to dinner}."),
        ("Skip this in <trip>", "{The viewpoint queue|The boat tour}: forty minutes for {the same photo as everyone|a gift shop}.\nGo {one village over|at seven in the morning} instead, {half the people|you'll have it to yourself}.\n{Agree the fare first|Cash, small notes}."),
        ("Weekend out of <city> {by train|with one backpack}", "Left Friday after work, {back Sunday night|home for dinner Sunday}.\n{One bag, one cold can, window seat|Slept the whole way}, perfect.\nThree meals, {all under $20|one of them pie}, {a swim|a very good bookshop}. Monday was {survivable|fine}."),
        ("Camping {for beginners|mistakes I made}", "Rent the tent, {buy the mat|spend on the pillow}. {Stones find you|Everything gets wet}.\nCooler was {all soda and watermelon|heavier than me}.\nWoke at four to {wind|owls}, {stars though|would go again}."),
        ("<trip> in the off season: {worth it|what to wear}", "Half-price rooms, {no queues|the locals talk to you}.\nDark by {four|five}, so {mornings are for walking, evenings for soup|start early}.\nLayers and {a hat that ties|real socks}, the wind {doesn't negotiate|is in charge}."),
        ("Travelling with {my parents|grandma}, {we're still speaking|a review}", "One thing a day, {then a nap|then a bench}. Stairs are {the enemy|out}.\nTheir favourite was {a free park|the hotel toaster}, mine was {watching them|the bench}.\n{One row, over a map|She packed her own tea bags}. {Would go again|10/10}."),
        ("An afternoon walking {in|across} <city>", "{Old post office to the river|Along the canal}, {four miles|two hours}, no list.\n{A clock repair shop that's still open|Someone practising trumpet under the bridge}.\nCold soda {on some steps|on a wall}, {watched a chess game|watched the trams}. {That's it, that's the post|Route in the last slide}."),
    ],
    "beauty": [
        ("Finally saw a dermatologist, {she was kind|my wallet is relieved}", "{Stop the acids|Wash once a day, lukewarm}, here's a {cheap cream|six-dollar tube}. That was it.\nHalf my shelf is {on pause|going to a friend}, {hat over fancy SPF, she said|my mum says told you so}.\nThree weeks: {so much calmer|better}. {Your skin isn't mine|See your own}, though."),
        ("Cut {it all off|a fringe}, {a month|three months} on", "Mornings: {twenty minutes back|permanent bedhead}. Rain: {mushroom|I am a dandelion}.\nTrims are {$40 every six weeks|more often than I budgeted}, {a pea of cream is plenty|dry shampoo is a food group}.\nColleagues noticed {on Thursday|eventually}. {No regrets|Growing it out, don't ask}."),
        ("Press-on nails, {day ten|will they survive my job}", "Wipe with alcohol {twice|properly}, don't {over-file|skip the corners}. Pinky {left on day four|is a free spirit}.\nOpening a can {took the thumb|is the real test}, {use a spoon|now my desk mate does it}.\n{$6|$8} a set, {short ones for typing|soak them off, don't peel}."),
        ("{Sensitive|Angry} skin: {do less|the boring fix}", "Dropped the acids, {just cleanser and cream|three products, max}, {three|four} weeks.\nRedness {halved|is mostly gone}. Sunscreen stays, {always|non-negotiable}.\nIf it {burns|weeps}, see someone, {not a comment section|I'm just a person}."),
        ("{Ten|Eight}-minute work makeup, {bus-proof|hands of stone edition}", "Base only {in the middle|where it's red}, brush brows up, {blush higher than you think|cream blush, fingers}.\nSkip {liner|contour}, curl {lashes twice|with a warm curler}.\nColleague asked if I'd {slept|been on holiday}. {I had not|No}."),
        ("Empties: {what I finished|would I rebuy}", "Cleanser, {third bottle|yes}. Serum, {felt nothing|no}. Body lotion, {smells like clean laundry|yes forever}.\nEye cream: {hope in a jar|a polite no}.\nCut the tubes open, {two more weeks in there|free product}."),
        ("Sunscreen pilling, {fixed|why it happens}", "Let the layer under it dry, {five minutes, make tea|really dry}. Two thin coats, {press, don't rub|patted}.\nSprays are {a top-up at best|for vibes}. {A hat works|Don't forget ears}.\nTakes {a week to get used to|practice}, {worth it|your neck too}."),
        ("Went {copper|ash brown|red}, {a diary|here's the fade}", "Week one: {main character|I looked at every window}. Week three: {toast|peach, sort of}.\nCool water, {colour shampoo on Sundays|fewer washes}, less heat.\n{$140|$160}, and {I'd do it again in autumn|the ends needed a trim}."),
        ("[5-9]Makeup that {survived|tried to survive} {a heatwave|the subway}", "Thin layers, powder {pressed in|only the T-zone}, {setting spray twice|no primer stack}.\nAt six pm: {nose gone, cheeks fine|about 60% there}.\n{Good enough to be seen|Better than last summer's}, not a miracle."),
        ("{Cheap|Drugstore} lip stains, {tested with coffee|worn all day}", "<n> shades, the {berry|brick} one {stays through lunch|wins}.\nOne sip of soda and the {gloss|centre} goes, {the stain stays|top up}.\nWait {a full minute|before you press your lips}. {$7|$9}, {buy it without me|got one for my sister}."),
        ("No-sleep face, {what helps|job interview edition}", "Cold spoons: {five minutes of hope|works, briefly}. Coffee {de-puffs|helps}, salt {doesn't|is the villain}.\nLess foundation, more blush, {trust|always}.\nThe fix is {bed at eleven|sleep}, {I know|hush}."),
    ],
}  # fmt: skip

SPONSORED = {
    "soda": [
        ("{Ad|Paid partnership}: Zubbly <flavour>, {my 3pm can|in my gym bag}",
         "Working with Zubbly on this one, {so yes, ad|cans were gifted}.\n<flavour> is {brewed with real peel and you can smell it|crisp and not sticky sweet}: zero sugar, {four calories a can|slim can}.\n{Best after a night in the fridge|Good with tacos}.\n{Wait for the case price|One gripe: no lid}."),
    ],
    "beauty": [
        ("{Ad|Paid partnership}: two weeks with Mellunea {day cream|SPF}", "Partnered with Mellunea, {wore it two weeks first|one gifted, one bought}.\n{Thick, so nights for me|No pilling, slight cast for two minutes}, {light scent|dry skin will like it}.\nOily friends, {go easy|patch test}. {Read the label, not just me|As ever}."),
    ],
    "snacks": [
        ("{Ad|Paid partnership}: Kernelloo {sea salt|chilli honey} nuts", "Kernelloo sent a box, {so, ad|paid post}.\n{Chilli honey|Sea salt} is {the one|gone}, {small bags so I stop|cashews a bit broken}.\nGood with {a film|cold soda}, {list price is steep|wait for the bundle}."),
    ],
}  # fmt: skip
SPONSOR_TAGS = ["ad", "partner"]

HASHTAGS = {
    "soda": ["sugarfree", "zerosugar", "sugarfreesoda", "sodareview", "dietsoda", "lowcal"],
    "drinks": ["coffeeathome", "bubbletea", "drinkrecipe", "icedcoffee", "cafehopping"],
    "snacks": ["snacktok", "snackreview", "deskSnacks", "lowcalsnacks", "airfryer"],
    "fitness": ["gymtok", "homeworkout", "running", "fitover30", "cutting", "legday"],
    "office": ["officelife", "corporatelife", "desksetup", "mealprep", "9to5"],
    "parenting": ["momlife", "toddlermeals", "dadlife", "parenting", "bedtime"],
    "travel": ["weekendtrip", "solotravel", "camping", "traveltips", "slowtravel"],
    "beauty": ["skincare", "sensitiveskin", "makeuproutine", "empties", "drugstoremakeup"],
}
EMOJI = ["🥤", "😅", "✨", "🫧", "😭", "💪", "🙃", "🫠", "🍋", "💀"]
