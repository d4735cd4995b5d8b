/**
 * Emoji by group, a line each: emoji, name, further shortcodes, what else they are found by.
 *
 * Made by deploy/emoji_data.py of emojibase-data 17.0.0, which is under the MIT licence,
 * copyright (c) 2017-2019 Miles Johnson. Not to be edited.
 */

export const EMOJI = {
  smileys: `😀|grinning face|grinning|cheerful cheery grin happy laugh nice smile smiling
😃|grinning face with big eyes|smiley|awesome grin happy mouth open smile smiling teeth
😄|grinning face with smiling eyes|smile grinning_face_with_closed_eyes|eye grin happy laugh lol mouth open
😁|beaming face with smiling eyes|grin beaming_face|eye grinning happy nice smile teeth
😆|grinning squinting face|laughing satisfied lol squinting_face|closed eyes haha hahaha happy laugh mouth open
😅|grinning face with sweat|sweat_smile|cold dejected excited mouth nervous open smiling stress
🤣|rolling on the floor laughing|rofl|crying face funny haha happy hehe hilarious joy
😂|face with tears of joy|joy lmao tears_of_joy|crying feels funny haha happy hehe hilarious laugh
🙂|slightly smiling face||happy smile
🙃|upside-down face|upside_down_face|hehe smile
🫠|melting face|melt|disappear dissolve embarrassed haha heat hot liquid lol
😉|winking face|wink|flirt heartbreaker sexy slide tease winks
😊|smiling face with smiling eyes|blush smiling_face_with_closed_eyes|eye glad satisfied smile
😇|smiling face with halo|innocent halo|angel angelic angels blessed fairy fairytale fantasy happy
🥰|smiling face with hearts|smiling_face_with_three_hearts smiling_face_with_3_hearts|adore crush heart ily love romance smile you
😍|smiling face with heart-eyes|heart_eyes smiling_face_with_heart_eyes|143 bae eye feels hearts ily kisses love
🤩|star-struck|star_struck|excited eyes face grinning smile starry-eyed wow
😘|face blowing a kiss|kissing_heart blowing_a_kiss|adorbs bae flirt ily love lover miss muah
😗|kissing face|kissing|143 date dating flirt ily kiss love smooch
☺️|smiling face|relaxed|happy outlined smile
😚|kissing face with closed eyes|kissing_closed_eyes|143 bae blush date dating eye flirt ily
😙|kissing face with smiling eyes|kissing_smiling_eyes|143 closed date dating eye flirt ily kiss
🥲|smiling face with tear||glad grateful happy joy pain proud relieved smile
😋|face savoring food|yum savoring_food|delicious eat full hungry savor smile smiling tasty
😛|face with tongue|stuck_out_tongue|awesome cool nice party stuck-out sweet
😜|winking face with tongue|stuck_out_tongue_winking_eye|crazy epic funny joke loopy nutty party stuck-out
🤪|zany face|zany|crazy eye eyes goofy large small
😝|squinting face with tongue|stuck_out_tongue_closed_eyes|eye gross horrible omg stuck-out taste whatever yolo
🤑|money-mouth face|money_mouth_face|paid
🤗|smiling face with open hands|hugs hug hugging hugging_face|
🤭|face with hand over mouth|hand_over_mouth|giggle giggling oops realization secret shock sudden surprise
🫢|face with open eyes and hand over mouth|face_with_open_eyes_hand_over_mouth gasp|amazement awe disbelief embarrass omg quiet scared shock
🫣|face with peeking eye|peek|captivated embarrass hide hiding peep scared shy stare
🤫|shushing face|shush|quiet shh
🤔|thinking face|thinking wtf|chin consider hmm ponder pondering wondering
🫡|saluting face|salute|good luck ma’am ok respect sir troops yes
🤐|zipper-mouth face|zipper_mouth_face zipper_mouth|keep quiet secret shut zip
🤨|face with raised eyebrow|raised_eyebrow|disapproval disbelief distrust emoji hmm mild skeptic skeptical
😐|neutral face|neutral|awkward blank deadpan expressionless fine jealous meh oh
😑|expressionless face|expressionless|awkward dead fine inexpressive jealous meh not oh
😶|face without mouth|no_mouth|awkward blank expressionless mouthless mute quiet secret silence
🫥|dotted line face||depressed disappear hidden hide introvert invisible meh whatever
😶‍🌫️|face in clouds|in_clouds|absentminded fog head
😏|smirking face|smirk smirking|boss dapper flirt homie kidding leer shade slick
😒|unamused face|unamused|... bored fine jealous jel jelly pissed smh
🙄|face with rolling eyes|roll_eyes rolling_eyes|eyeroll shade ugh whatever
😬|grimacing face|grimacing|awk awkward dentist grimace grinning smile smiling
😮‍💨|face exhaling|exhale exhaling|blow blowing exhausted gasp groan relief sigh smiley
🤥|lying face|lying|liar lie pinocchio
🫨|shaking face|shaking|crazy daze earthquake omg panic shock surprise vibrate
😌|relieved face|relieved|calm peace relief zen
😔|pensive face|pensive|awful bored dejected died disappointed losing lost sad
😪|sleepy face|sleepy|crying good night sad sleep sleeping tired
🤤|drooling face|drooling|
😴|sleeping face|sleeping|bed bedtime good goodnight nap night sleep tired
😷|face with medical mask|mask medical_mask|cold dentist dermatologist doctor dr germs medicine sick
🤒|face with thermometer||ill sick
🤕|face with head-bandage|face_with_head_bandage|hurt injury ouch
🤢|nauseated face|nauseated|gross nasty sick vomit
🤮|face vomiting|vomiting_face vomiting|barf ew gross puke sick spew throw up
🤧|sneezing face|sneezing|fever flu gesundheit sick sneeze
🥵|hot face|hot|dying feverish heat panting red-faced stroke sweating tongue
🥶|cold face|cold|blue blue-faced freezing frostbite icicles subzero teeth
🥴|woozy face|woozy|dizzy drunk eyes intoxicated mouth tipsy uneven wavy
😵|face with crossed-out eyes|dizzy_face knocked_out|dead feels sick tired
😵‍💫|face with spiral eyes|dizzy_eyes|confused hypnotized omg smiley trouble whoa woah woozy
🤯|exploding head||blown explode mind mindblown no shocked way
🤠|cowboy hat face|cowboy cowboy_face|cowgirl
🥳|partying face|hooray partying|bday birthday celebrate celebration excited happy hat horn
🥸|disguised face|disguised|disguise eyebrow glasses incognito moustache mustache nose person
😎|smiling face with sunglasses|sunglasses sunglasses_cool too_cool|awesome beach bright bro chilling rad relaxed shades
🤓|nerd face|nerd|brainy clever expert geek gifted glasses intelligent smart
🧐|face with monocle|monocle_face|classy fancy rich stuffy wealthy
😕|confused face|confused|befuddled confusing dunno frown hm meh not sad
🫤|face with diagonal mouth||confused confusion disappointed doubt doubtful frustrated frustration meh
😟|worried face|worried|anxious butterflies nerves nervous sad stress stressed surprised
🙁|slightly frowning face||frown sad
☹️|frowning face|white_frowning_face|frown sad
😮|face with open mouth|open_mouth|believe forgot omg shocked surprised sympathy unbelievable unreal
😯|hushed face|hushed|epic omg stunned surprised whoa woah
😲|astonished face|astonished|cost no omg shocked totally way
😳|flushed face|flushed|amazed awkward crazy dazed dead disbelief embarrassed geez
🥺|pleading face|pleading|begging big eyes mercy not please pretty puppy
🥹|face holding back tears|watery_eyes|admiration aww cry embarrassed feelings grateful gratitude joy
😦|frowning face with open mouth|frowning frowning_face|caught frown guard scared scary surprise what wow
😧|anguished face|anguished|forgot scared scary stressed surprise unhappy what wow
😨|fearful face|fearful|afraid anxious blame fear scared worried
😰|anxious face with sweat|cold_sweat anxious anxious_face|blue eek mouth nervous open rushed scared yikes
😥|sad but relieved face|disappointed_relieved sad_relieved_face|anxious call close complicated not sweat time whew
😢|crying face|cry|awful feels miss sad tear triste unhappy
😭|loudly crying face|sob|bawling cry sad tear tears unhappy
😱|face screaming in fear|scream screaming_in_fear|epic fearful munch scared screamer shocked surprised woah
😖|confounded face|confounded|annoyed confused cringe distraught feels frustrated mad sad
😣|persevering face|persevere|concentrate concentration focus headache
😞|disappointed face|disappointed|awful blame dejected fail losing sad unhappy
😓|downcast face with sweat|sweat downcast_face|close cold feels headache nervous sad scared yikes
😩|weary face|weary|crying fail feels hungry mad nooo sad sleepy
😫|tired face|tired|cost feels nap sad sneeze
🥱|yawning face|yawn yawning|bedtime bored goodnight nap night sleep sleepy tired
😤|face with steam from nose|triumph nose_steam|anger angry feels fume fuming furious fury mad
😡|enraged face|pout rage pouting_face|anger angry feels mad maddening red shade unhappy
😠|angry face|angry|anger blame feels frustrated mad maddening rage shade
🤬|face with symbols on mouth|cursing_face censored|censor cussing mad pissed swearing
😈|smiling face with horns|smiling_imp|demon devil evil fairy fairytale fantasy purple shade
👿|angry face with horns|imp angry_imp|demon devil evil fairy fairytale fantasy mischievous purple
💀|skull||body dead death face fairy fairytale i’m lmao
☠️|skull and crossbones||bone dead death face monster
💩|pile of poo|hankey poop shit|bs comic doo dung face fml monster smelly
🤡|clown face|clown|
👹|ogre|japanese_ogre|creature devil face fairy fairytale fantasy mask monster
👺|goblin|japanese_goblin|angry creature face fairy fairytale fantasy mask mean
👻|ghost||boo creature excited face fairy fairytale fantasy halloween
👽|alien||creature extraterrestrial face fairy fairytale fantasy monster space
👾|alien monster|space_invader|creature extraterrestrial face fairy fairytale fantasy game gamer
🤖|robot|robot_face|monster
😺|grinning cat|smiley_cat|animal face mouth open smile smiling
😸|grinning cat with smiling eyes|smile_cat grinning_cat_with_closed_eyes|animal eye face grin
😹|cat with tears of joy|joy_cat tears_of_joy_cat|animal face laugh laughing lol tear
😻|smiling cat with heart-eyes|heart_eyes_cat smiling_cat_with_heart_eyes|animal eye face love smile
😼|cat with wry smile|smirk_cat wry_smile_cat|animal face ironic
😽|kissing cat||animal closed eye eyes face kiss
🙀|weary cat|scream_cat|animal face oh surprised
😿|crying cat|crying_cat_face|animal cry sad tear
😾|pouting cat||animal face
🙈|see-no-evil monkey|see_no_evil|embarrassed face forbidden forgot gesture hide omg prohibited
🙉|hear-no-evil monkey|hear_no_evil|animal ears face forbidden gesture listen not prohibited
🙊|speak-no-evil monkey|speak_no_evil|animal face forbidden gesture not oops prohibited quiet
💌|love letter||heart mail romance valentine
💘|heart with arrow|cupid|143 adorbs date emotion ily love romance valentine
💝|heart with ribbon|gift_heart|143 anniversary emotion ily kisses valentine xoxo
💖|sparkling heart||143 emotion excited good ily kisses morning night
💗|growing heart|heartpulse|143 emotion excited ily kisses muah nervous pulse
💓|beating heart|heartbeat|143 cardio emotion ily love pulsating pulse
💞|revolving hearts||143 adorbs anniversary emotion heart
💕|two hearts||143 anniversary date dating emotion heart ily kisses
💟|heart decoration||143 emotion hearth purple white
❣️|heart exclamation|heavy_heart_exclamation|mark punctuation
💔|broken heart||break crushed emotion heartbroken lonely sad
❤️‍🔥|heart on fire||burn love lust sacred
❤️‍🩹|mending heart||healthier improving recovering recuperating well
❤️|red heart|heart|emotion love
🩷|pink heart||143 adorable cute emotion ily like love special
🧡|orange heart||143
💛|yellow heart||143 cardiac emotion ily love
💚|green heart||143 emotion ily love romantic
💙|blue heart||143 emotion ily love romance
🩵|light blue heart||143 cute cyan emotion ily like love sky
💜|purple heart||143 bestest emotion ily love
🤎|brown heart||143
🖤|black heart||evil wicked
🩶|grey heart|gray_heart|143 emotion ily love silver slate special
🤍|white heart||143
💋|kiss mark|kiss|dating emotion heart kissing lips romance sexy
💯|hundred points|100|a+ agree clearly definitely faithful fleek full keep
💢|anger symbol|anger|angry comic mad upset
💥|collision|boom|bomb collide comic explode
💫|dizzy||comic shining shooting star stars
💦|sweat droplets|sweat_drops|comic drip droplet splashing squirt water wet work
💨|dashing away|dash|cloud comic fart fast go gone gotta running
🕳️|hole||
💬|speech balloon||bubble comic dialog message sms talk text typing
👁️‍🗨️|eye in speech bubble|eye_speech_bubble|balloon witness
🗨️|left speech bubble||balloon dialog
🗯️|right anger bubble||angry balloon mad
💭|thought balloon||bubble cartoon cloud comic daydream decisions dream idea
💤|zzz||comic good goodnight night sleep sleeping sleepy tired`,
  people: `👋|waving hand|wave|bye cya g2g greetings gtg hello hey hi
🤚|raised back of hand||backhand
🖐️|hand with fingers splayed|raised_hand_with_fingers_splayed|finger stop
✋|raised hand|hand high_five|5 stop
🖖|vulcan salute|vulcan|finger hand hands
🫱|rightwards hand||handshake hold reach right rightward shake
🫲|leftwards hand||handshake hold left leftward reach shake
🫳|palm down hand|palm_down|dismiss drop dropped pick shoo up
🫴|palm up hand|palm_up|beckon catch come hold know lift me offer
🫷|leftwards pushing hand||block five halt high hold leftward pause push
🫸|rightwards pushing hand||block five halt high hold pause push refuse
👌|ok hand||awesome bet dope fleek fosho got gotcha legit
🤌|pinched fingers|pinch|gesture hand hold huh interrogation patience relax sarcastic
🤏|pinching hand||amount bit fingers little small sort
✌️|victory hand|v victory|peace
🤞|crossed fingers|fingers_crossed|cross finger hand luck
🫰|hand with index finger and thumb crossed||<3 expensive heart love money snap
🤟|love-you gesture|love_you_gesture|fingers hand ily three
🤘|sign of the horns|metal|finger hand rock-on
🤙|call me hand||hang loose shaka
👈|backhand index pointing left|point_left|finger hand
👉|backhand index pointing right|point_right|finger hand
👆|backhand index pointing up|point_up_2 point_up|finger hand
🖕|middle finger|fu|hand
👇|backhand index pointing down|point_down|finger hand
☝️|index pointing up|point_up point_up_2|finger hand this
🫵|index pointing at the viewer|point_forward|finger hand poke you
👍|thumbs up|+1 thumbsup yes|good hand like thumb
👎|thumbs down|-1 thumbsdown no|bad dislike good hand nope thumb
✊|raised fist|fist fist_raised|clenched hand punch solidarity
👊|oncoming fist|facepunch fist_oncoming punch|absolutely agree boom bro bruh bump clenched correct
🤛|left-facing fist|fist_left left_facing_fist|leftwards
🤜|right-facing fist|fist_right right_facing_fist|rightwards
👏|clapping hands|clap|applause approval awesome congrats congratulations excited good great
🙌|raising hands|raised_hands|celebration gesture hand hooray praise
🫶|heart hands||<3 love you
👐|open hands||hand hug jazz swerve
🤲|palms up together||cupped dua hands pray prayer wish
🤝|handshake||agreement deal hand meeting shake
🙏|folded hands|pray|appreciate ask beg blessed bow cmon five gesture
✍️|writing hand||write
💅|nail polish|nail_care|bored cosmetics done makeup manicure whatever
🤳|selfie||camera phone
💪|flexed biceps|muscle right_bicep|arm beast bench bodybuilder bro curls flex gains
🦾|mechanical arm||accessibility prosthetic
🦿|mechanical leg||accessibility prosthetic
🦵|leg||bent foot kick knee limb
🦶|foot||ankle feet kick stomp
👂|ear||body ears hear hearing listen listening sound
🦻|ear with hearing aid|hearing_aid|accessibility hard
👃|nose||body noses nosey odor smell smells
🧠|brain||intelligent smart
🫀|anatomical heart||beat cardiology heartbeat organ pulse real red
🫁|lungs||breath breathe exhalation inhalation lung organ respiration
🦷|tooth||dentist pearly teeth white
🦴|bone||bones dog skeleton wishbone
👀|eyes||body eye face googly look looking omg peep
👁️|eye||1 body one
👅|tongue||body lick slurp
👄|mouth|lips|beauty body kiss kissing lipstick
🫦|biting lip||anxious bite fear flirt flirting kiss lipstick nervous
👶|baby||babies children goo infant newborn pregnant young
🧒|child||bright-eyed grandchild kid young younger
👦|boy||bright-eyed child grandson kid son young younger
👧|girl||bright-eyed child daughter granddaughter kid virgo young younger
🧑|person|adult|
👱|person: blond hair|blond_haired_person blond_haired|blond-haired human
👨|man||adult bro
🧔|person: beard|bearded_person person_bearded|whiskers
🧔‍♂️|man: beard|man_beard man_bearded|whiskers
🧔‍♀️|woman: beard|woman_beard woman_bearded|whiskers
👨‍🦰|man: red hair|red_haired_man man_red_haired|adult bro
👨‍🦱|man: curly hair|curly_haired_man man_curly_haired|adult bro
👨‍🦳|man: white hair|white_haired_man man_white_haired|adult bro
👨‍🦲|man: bald|bald_man man_bald|adult bro
👩|woman||adult lady
👩‍🦰|woman: red hair|red_haired_woman woman_red_haired|adult lady
🧑‍🦰|person: red hair|person_red_hair red_haired|adult
👩‍🦱|woman: curly hair|curly_haired_woman woman_curly_haired|adult lady
🧑‍🦱|person: curly hair|person_curly_hair curly_haired|adult
👩‍🦳|woman: white hair|white_haired_woman woman_white_haired|adult lady
🧑‍🦳|person: white hair|person_white_hair white_haired|adult
👩‍🦲|woman: bald|bald_woman woman_bald|adult lady
🧑‍🦲|person: bald|person_bald bald|adult
👱‍♀️|woman: blond hair|blond_haired_woman blonde_woman woman_blond_haired|blond-haired
👱‍♂️|man: blond hair|blond_haired_man man_blond_haired|blond-haired
🧓|older person|older_adult|elderly grandparent old wise
👴|old man|older_man|adult bald elderly gramps grandfather grandpa wise
👵|old woman|older_woman|adult elderly grandma grandmother granny lady wise
🙍|person frowning|frowning_person|annoyed disappointed disgruntled disturbed frown frustrated gesture irritated
🙍‍♂️|man frowning|frowning_man|annoyed disappointed disgruntled disturbed frown frustrated gesture irritated
🙍‍♀️|woman frowning|frowning_woman|annoyed disappointed disgruntled disturbed frown frustrated gesture irritated
🙎|person pouting|pouting_face pouting|disappointed downtrodden frown grimace scowl sulk upset whine
🙎‍♂️|man pouting|pouting_man|disappointed downtrodden frown grimace scowl sulk upset whine
🙎‍♀️|woman pouting|pouting_woman|disappointed downtrodden frown grimace scowl sulk upset whine
🙅|person gesturing no|no_good|forbidden gesture hand not prohibit
🙅‍♂️|man gesturing no|ng_man no_good_man|forbidden gesture hand not prohibit
🙅‍♀️|woman gesturing no|ng_woman no_good_woman|forbidden gesture hand not prohibit
🙆|person gesturing ok|ok_person all_good|exercise gesture hand omg
🙆‍♂️|man gesturing ok|ok_man|exercise gesture hand omg
🙆‍♀️|woman gesturing ok|ok_woman|exercise gesture hand omg
💁|person tipping hand|information_desk_person tipping_hand_person|fetch flick flip gossip sarcasm sarcastic sassy seriously
💁‍♂️|man tipping hand|sassy_man tipping_hand_man|fetch flick flip gossip sarcasm sarcastic seriously whatever
💁‍♀️|woman tipping hand|sassy_woman tipping_hand_woman|fetch flick flip gossip sarcasm sarcastic seriously whatever
🙋|person raising hand|raising_hand|gesture here know me pick question raise
🙋‍♂️|man raising hand|raising_hand_man|gesture here know me pick question raise
🙋‍♀️|woman raising hand|raising_hand_woman|gesture here know me pick question raise
🧏|deaf person||accessibility ear gesture hear
🧏‍♂️|deaf man||accessibility ear gesture hear
🧏‍♀️|deaf woman||accessibility ear gesture hear
🙇|person bowing|bow|apology ask beg favor forgive gesture meditate meditation
🙇‍♂️|man bowing|bowing_man|apology ask beg bow favor forgive gesture meditate
🙇‍♀️|woman bowing|bowing_woman|apology ask beg bow favor forgive gesture meditate
🤦|person facepalming|facepalm|again bewilder disbelief exasperation no not oh omg
🤦‍♂️|man facepalming||again bewilder disbelief exasperation facepalm no not oh
🤦‍♀️|woman facepalming||again bewilder disbelief exasperation facepalm no not oh
🤷|person shrugging|shrug|doubt dunno guess idk ignorance indifference knows maybe
🤷‍♂️|man shrugging||doubt dunno guess idk ignorance indifference knows maybe
🤷‍♀️|woman shrugging||doubt dunno guess idk ignorance indifference knows maybe
🧑‍⚕️|health worker||doctor healthcare nurse therapist
👨‍⚕️|man health worker||doctor healthcare nurse therapist
👩‍⚕️|woman health worker||doctor healthcare nurse therapist
🧑‍🎓|student||graduate
👨‍🎓|man student||graduate
👩‍🎓|woman student||graduate
🧑‍🏫|teacher||instructor lecturer professor
👨‍🏫|man teacher||instructor lecturer professor
👩‍🏫|woman teacher||instructor lecturer professor
🧑‍⚖️|judge||justice law scales
👨‍⚖️|man judge||justice law scales
👩‍⚖️|woman judge||justice law scales
🧑‍🌾|farmer||gardener rancher
👨‍🌾|man farmer||gardener rancher
👩‍🌾|woman farmer||gardener rancher
🧑‍🍳|cook||chef
👨‍🍳|man cook||chef
👩‍🍳|woman cook||chef
🧑‍🔧|mechanic||electrician plumber tradesperson
👨‍🔧|man mechanic||electrician plumber tradesperson
👩‍🔧|woman mechanic||electrician plumber tradesperson
🧑‍🏭|factory worker||assembly industrial
👨‍🏭|man factory worker||assembly industrial
👩‍🏭|woman factory worker||assembly industrial
🧑‍💼|office worker||architect business manager white-collar
👨‍💼|man office worker||architect business manager white-collar
👩‍💼|woman office worker||architect business manager white-collar
🧑‍🔬|scientist||biologist chemist engineer mathematician physicist
👨‍🔬|man scientist||biologist chemist engineer mathematician physicist
👩‍🔬|woman scientist||biologist chemist engineer mathematician physicist
🧑‍💻|technologist||coder computer developer inventor software
👨‍💻|man technologist||coder computer developer inventor software
👩‍💻|woman technologist||coder computer developer inventor software
🧑‍🎤|singer||actor entertainer rock rockstar star
👨‍🎤|man singer||actor entertainer rock rockstar star
👩‍🎤|woman singer||actor entertainer rock rockstar star
🧑‍🎨|artist||palette
👨‍🎨|man artist||palette
👩‍🎨|woman artist||palette
🧑‍✈️|pilot||plane
👨‍✈️|man pilot||plane
👩‍✈️|woman pilot||plane
🧑‍🚀|astronaut||rocket space
👨‍🚀|man astronaut||rocket space
👩‍🚀|woman astronaut||rocket space
🧑‍🚒|firefighter||fire firetruck
👨‍🚒|man firefighter||fire firetruck
👩‍🚒|woman firefighter||fire firetruck
👮|police officer|cop|apprehend arrest citation law over pulled undercover
👮‍♂️|man police officer|policeman|apprehend arrest citation cop law over pulled undercover
👮‍♀️|woman police officer|policewoman|apprehend arrest citation cop law over pulled undercover
🕵️|detective||sleuth spy
🕵️‍♂️|man detective|male_detective|sleuth spy
🕵️‍♀️|woman detective|female_detective|sleuth spy
💂|guard||buckingham helmet london palace
💂‍♂️|man guard|guardsman|buckingham helmet london palace
💂‍♀️|woman guard|guardswoman|buckingham helmet london palace
🥷|ninja||assassin fight fighter hidden person secret skills sly
👷|construction worker||build fix hardhat hat man person rebuild remodel
👷‍♂️|man construction worker|construction_worker_man|build fix hardhat hat rebuild remodel repair work
👷‍♀️|woman construction worker|construction_worker_woman|build fix hardhat hat man rebuild remodel repair
🫅|person with crown|royalty|monarch noble regal royal
🤴|prince||crown fairy fairytale fantasy king royal royalty tale
👸|princess||crown fairy fairytale fantasy queen royal royalty tale
👳|person wearing turban|person_with_turban|
👳‍♂️|man wearing turban|man_with_turban|
👳‍♀️|woman wearing turban|woman_with_turban|
👲|person with skullcap|man_with_gua_pi_mao|cap chinese guapi hat
🧕|woman with headscarf||bandana head hijab kerchief mantilla tichel
🤵|person in tuxedo||formal wedding
🤵‍♂️|man in tuxedo||formal groom wedding
🤵‍♀️|woman in tuxedo||formal wedding
👰|person with veil||wedding
👰‍♂️|man with veil||wedding
👰‍♀️|woman with veil|bride_with_veil|wedding
🤰|pregnant woman||
🫃|pregnant man||belly bloated full overeat
🫄|pregnant person||belly bloated full overeat stuffed
🤱|breast-feeding|breast_feeding|baby mom mother nursing woman
👩‍🍼|woman feeding baby||feed mom mother nanny newborn nursing
👨‍🍼|man feeding baby||dad father feed nanny newborn nursing
🧑‍🍼|person feeding baby||feed nanny newborn nursing parent
👼|baby angel|angel|church face fairy fairytale fantasy tale
🎅|santa claus|santa|celebration christmas fairy fantasy father holiday merry tale
🤶|mrs. claus|mrs_claus|celebration christmas fairy fantasy holiday merry mother santa
🧑‍🎄|mx claus||celebration christmas fairy fantasy holiday merry santa tale
🦸|superhero||good hero superpower
🦸‍♂️|man superhero|superhero_man|good hero superpower
🦸‍♀️|woman superhero|superhero_woman|good hero heroine superpower
🦹|supervillain||bad criminal evil superpower villain
🦹‍♂️|man supervillain|supervillain_man|bad criminal evil superpower villain
🦹‍♀️|woman supervillain|supervillain_woman|bad criminal evil superpower villain
🧙|mage||fantasy magic play sorcerer sorceress sorcery spell summon
🧙‍♂️|man mage|mage_man|fantasy magic play sorcerer sorceress sorcery spell summon
🧙‍♀️|woman mage|mage_woman|fantasy magic play sorcerer sorceress sorcery spell summon
🧚|fairy||fairytale fantasy myth person pixie tale wings
🧚‍♂️|man fairy|fairy_man|fairytale fantasy myth oberon person pixie puck tale
🧚‍♀️|woman fairy|fairy_woman|fairytale fantasy myth person pixie tale titania wings
🧛|vampire||blood dracula fangs halloween scary supernatural teeth undead
🧛‍♂️|man vampire|vampire_man|blood fangs halloween scary supernatural teeth undead
🧛‍♀️|woman vampire|vampire_woman|blood fangs halloween scary supernatural teeth undead
🧜|merperson||creature fairytale folklore ocean sea siren trident
🧜‍♂️|merman||creature fairytale folklore neptune ocean poseidon sea siren
🧜‍♀️|mermaid||creature fairytale folklore merwoman ocean sea siren trident
🧝|elf||elves enchantment fantasy folklore magic magical myth
🧝‍♂️|man elf|elf_man|elves enchantment fantasy folklore magic magical myth
🧝‍♀️|woman elf|elf_woman|elves enchantment fantasy folklore magic magical myth
🧞|genie||djinn fantasy jinn lamp myth rub wishes
🧞‍♂️|man genie|genie_man|djinn fantasy jinn lamp myth rub wishes
🧞‍♀️|woman genie|genie_woman|djinn fantasy jinn lamp myth rub wishes
🧟|zombie||apocalypse dead halloween horror scary undead walking
🧟‍♂️|man zombie|zombie_man|apocalypse dead halloween horror scary undead walking
🧟‍♀️|woman zombie|zombie_woman|apocalypse dead halloween horror scary undead walking
🧌|troll||fairy fantasy monster tale trolling
💆|person getting massage|massage|face headache relax relaxing salon soothe spa tension
💆‍♂️|man getting massage|massage_man|face headache relax relaxing salon soothe spa tension
💆‍♀️|woman getting massage|massage_woman|face headache relax relaxing salon soothe spa tension
💇|person getting haircut|haircut|barber beauty chop cosmetology cut groom hair parlor
💇‍♂️|man getting haircut|haircut_man|barber beauty chop cosmetology cut groom hair parlor
💇‍♀️|woman getting haircut|haircut_woman|barber beauty chop cosmetology cut groom hair parlor
🚶|person walking|walking|amble gait hike man pace pedestrian stride stroll
🚶‍♂️|man walking|walking_man|amble gait hike pace pedestrian stride stroll walk
🚶‍♀️|woman walking|walking_woman|amble gait hike man pace pedestrian stride stroll
🧍|person standing|standing_person standing|stand
🧍‍♂️|man standing|standing_man|stand
🧍‍♀️|woman standing|standing_woman|stand
🧎|person kneeling|kneeling_person kneeling|kneel knees
🧎‍♂️|man kneeling|kneeling_man|kneel knees
🧎‍♀️|woman kneeling|kneeling_woman|kneel knees
🧑‍🦯|person with white cane|person_with_probing_cane|accessibility blind
👨‍🦯|man with white cane|man_with_probing_cane|accessibility blind
👩‍🦯|woman with white cane|woman_with_probing_cane|accessibility blind
🧑‍🦼|person in motorized wheelchair||accessibility
👨‍🦼|man in motorized wheelchair||accessibility
👩‍🦼|woman in motorized wheelchair||accessibility
🧑‍🦽|person in manual wheelchair||accessibility
👨‍🦽|man in manual wheelchair||accessibility
👩‍🦽|woman in manual wheelchair||accessibility
🏃|person running|runner running|fast hurry marathon move quick race racing run
🏃‍♂️|man running|running_man|fast hurry marathon move quick race racing run
🏃‍♀️|woman running|running_woman|fast hurry marathon move quick race racing run
💃|woman dancing|dancer|dance elegant festive flair flamenco groove let’s salsa
🕺|man dancing||dance dancer elegant festive flair flamenco groove let’s
🕴️|person in suit levitating|business_suit_levitating levitate levitating|
👯|people with bunny ears|dancers people_with_bunny_ears_partying|bestie bff counterpart dancer double ear identical pair
👯‍♂️|men with bunny ears|dancing_men men_with_bunny_ears_partying|bestie bff counterpart dancer double ear identical pair
👯‍♀️|women with bunny ears|dancing_women women_with_bunny_ears_partying|bestie bff counterpart dancer double ear identical pair
🧖|person in steamy room|sauna_person|day luxurious pamper relax spa steam steambath unwind
🧖‍♂️|man in steamy room|sauna_man|day luxurious pamper relax spa steam steambath unwind
🧖‍♀️|woman in steamy room|sauna_woman|day luxurious pamper relax spa steam steambath unwind
🧗|person climbing|climbing|climb climber mountain rock scale up
🧗‍♂️|man climbing|climbing_man|climb climber mountain rock scale up
🧗‍♀️|woman climbing|climbing_woman|climb climber mountain rock scale up
🤺|person fencing|fencer fencing|sword
🏇|horse racing||jockey racehorse riding sport
⛷️|skier|person_skiing skiing|ski snow
🏂|snowboarder|person_snowboarding snowboarding|ski snow snowboard sport
🏌️|person golfing|golfing golfer|ball birdie caddy driving golf green pga putt
🏌️‍♂️|man golfing|golfing_man|ball birdie caddy driving golf green pga putt
🏌️‍♀️|woman golfing|golfing_woman|ball birdie caddy driving golf green pga putt
🏄|person surfing|surfer surfing|beach ocean sport surf swell waves
🏄‍♂️|man surfing|surfing_man|beach ocean sport surf surfer swell waves
🏄‍♀️|woman surfing|surfing_woman|beach ocean person sport surf surfer swell waves
🚣|person rowing boat|rowboat|canoe cruise fishing lake oar paddle raft river
🚣‍♂️|man rowing boat|rowing_man|canoe cruise fishing lake oar paddle raft river
🚣‍♀️|woman rowing boat|rowing_woman|canoe cruise fishing lake oar paddle raft river
🏊|person swimming|swimmer swimming|freestyle sport swim triathlon
🏊‍♂️|man swimming|swimming_man|freestyle sport swim swimmer triathlon
🏊‍♀️|woman swimming|swimming_woman|freestyle man sport swim swimmer triathlon
⛹️|person bouncing ball|bouncing_ball_person|athletic basketball championship dribble net player throw
⛹️‍♂️|man bouncing ball|basketball_man bouncing_ball_man|athletic championship dribble net player throw
⛹️‍♀️|woman bouncing ball|basketball_woman bouncing_ball_woman|athletic championship dribble net player throw
🏋️|person lifting weights|weight_lifting weight_lifter|barbell bodybuilder deadlift powerlifting weightlifter workout
🏋️‍♂️|man lifting weights|weight_lifting_man|barbell bodybuilder deadlift lifter powerlifting weightlifter workout
🏋️‍♀️|woman lifting weights|weight_lifting_woman|barbell bodybuilder deadlift lifter powerlifting weightlifter workout
🚴|person biking|bicyclist biking|bicycle bike cycle cyclist riding sport
🚴‍♂️|man biking|biking_man|bicycle bicyclist bike cycle cyclist riding sport
🚴‍♀️|woman biking|biking_woman|bicycle bicyclist bike cycle cyclist riding sport
🚵|person mountain biking|mountain_bicyclist mountain_biking|bicycle bike cycle cyclist riding sport
🚵‍♂️|man mountain biking|mountain_biking_man|bicycle bicyclist bike cycle cyclist riding sport
🚵‍♀️|woman mountain biking|mountain_biking_woman|bicycle bicyclist bike cycle cyclist riding sport
🤸|person cartwheeling|cartwheeling person_cartwheel|active excited flip gymnastics happy somersault
🤸‍♂️|man cartwheeling||active cartwheel excited flip gymnastics happy somersault
🤸‍♀️|woman cartwheeling||active cartwheel excited flip gymnastics happy somersault
🤼|people wrestling|wrestling wrestlers|combat duel grapple ring tournament wrestle
🤼‍♂️|men wrestling||combat duel grapple ring tournament wrestle
🤼‍♀️|women wrestling||combat duel grapple ring tournament wrestle
🤽|person playing water polo|water_polo|sport swimming waterpolo
🤽‍♂️|man playing water polo||sport swimming waterpolo
🤽‍♀️|woman playing water polo||sport swimming waterpolo
🤾|person playing handball|handball_person handball|athletics ball catch chuck hurl lob pitch sport
🤾‍♂️|man playing handball||athletics ball catch chuck hurl lob pitch sport
🤾‍♀️|woman playing handball||athletics ball catch chuck hurl lob pitch sport
🤹|person juggling|juggling_person juggler juggling|act balance balancing handle juggle manage multitask skill
🤹‍♂️|man juggling||act balance balancing handle juggle manage multitask skill
🤹‍♀️|woman juggling||act balance balancing handle juggle manage multitask skill
🧘|person in lotus position|lotus_position|cross legged legs meditation peace relax serenity yoga
🧘‍♂️|man in lotus position|lotus_position_man|cross legged legs meditation peace relax serenity yoga
🧘‍♀️|woman in lotus position|lotus_position_woman|cross legged legs meditation peace relax serenity yoga
🛀|person taking bath|bath|bathtub tub
🛌|person in bed|sleeping_bed sleeping_accommodation|bedtime good goodnight hotel nap night sleep tired
🧑‍🤝‍🧑|people holding hands||bae bestie bff couple dating flirt friends hand
👭|women holding hands|two_women_holding_hands|bae bestie bff couple dating flirt friends girls
👫|woman and man holding hands|couple|bae bestie bff dating flirt friends hand hold
👬|men holding hands|two_men_holding_hands|bae bestie bff boys brothers couple dating flirt
💏|kiss|couplekiss couple_kiss|anniversary babe bae date dating heart love mwah
👩‍❤️‍💋‍👨|kiss: woman, man|couplekiss_man_woman kiss_mw kiss_wm|anniversary babe bae couple date dating heart love
👨‍❤️‍💋‍👨|kiss: man, man|couplekiss_man_man kiss_mm|anniversary babe bae couple date dating heart love
👩‍❤️‍💋‍👩|kiss: woman, woman|couplekiss_woman_woman kiss_ww|anniversary babe bae couple date dating heart love
💑|couple with heart||anniversary babe bae dating kiss love person relationship
👩‍❤️‍👨|couple with heart: woman, man|couple_with_heart_woman_man couple_with_heart_mw couple_with_heart_wm|anniversary babe bae dating kiss love person relationship
👨‍❤️‍👨|couple with heart: man, man|couple_with_heart_man_man couple_with_heart_mm|anniversary babe bae dating kiss love person relationship
👩‍❤️‍👩|couple with heart: woman, woman|couple_with_heart_woman_woman couple_with_heart_ww|anniversary babe bae dating kiss love person relationship
👨‍👩‍👦|family: man, woman, boy|family_man_woman_boy family_mwb|child
👨‍👩‍👧|family: man, woman, girl|family_man_woman_girl family_mwg|child
👨‍👩‍👧‍👦|family: man, woman, girl, boy|family_man_woman_girl_boy family_mwgb|child
👨‍👩‍👦‍👦|family: man, woman, boy, boy|family_man_woman_boy_boy family_mwbb|child
👨‍👩‍👧‍👧|family: man, woman, girl, girl|family_man_woman_girl_girl family_mwgg|child
👨‍👨‍👦|family: man, man, boy|family_man_man_boy family_mmb|child
👨‍👨‍👧|family: man, man, girl|family_man_man_girl family_mmg|child
👨‍👨‍👧‍👦|family: man, man, girl, boy|family_man_man_girl_boy family_mmgb|child
👨‍👨‍👦‍👦|family: man, man, boy, boy|family_man_man_boy_boy family_mmbb|child
👨‍👨‍👧‍👧|family: man, man, girl, girl|family_man_man_girl_girl family_mmgg|child
👩‍👩‍👦|family: woman, woman, boy|family_woman_woman_boy family_wwb|child
👩‍👩‍👧|family: woman, woman, girl|family_woman_woman_girl family_wwg|child
👩‍👩‍👧‍👦|family: woman, woman, girl, boy|family_woman_woman_girl_boy family_wwgb|child
👩‍👩‍👦‍👦|family: woman, woman, boy, boy|family_woman_woman_boy_boy family_wwbb|child
👩‍👩‍👧‍👧|family: woman, woman, girl, girl|family_woman_woman_girl_girl family_wwgg|child
👨‍👦|family: man, boy|family_man_boy family_mb|child
👨‍👦‍👦|family: man, boy, boy|family_man_boy_boy family_mbb|child
👨‍👧|family: man, girl|family_man_girl family_mg|child
👨‍👧‍👦|family: man, girl, boy|family_man_girl_boy family_mgb|child
👨‍👧‍👧|family: man, girl, girl|family_man_girl_girl family_mgg|child
👩‍👦|family: woman, boy|family_woman_boy family_wb|child
👩‍👦‍👦|family: woman, boy, boy|family_woman_boy_boy family_wbb|child
👩‍👧|family: woman, girl|family_woman_girl family_wg|child
👩‍👧‍👦|family: woman, girl, boy|family_woman_girl_boy family_wgb|child
👩‍👧‍👧|family: woman, girl, girl|family_woman_girl_girl family_wgg|child
🗣️|speaking head||face silhouette speak
👤|bust in silhouette||mysterious shadow
👥|busts in silhouette||bff bust everyone friend friends people
🫂|people hugging||comfort embrace farewell friendship goodbye hello hug love
👪|family||child
👣|footprints||barefoot clothing footprint omw print walk`,
  nature: `🐵|monkey face||animal banana
🐒|monkey||animal banana
🦍|gorilla||animal
🦧|orangutan||animal ape monkey
🐶|dog face|dog|adorbs animal pet puppies puppy
🐕|dog|dog2|animal animals dogs pet
🦮|guide dog||accessibility animal blind
🐕‍🦺|service dog||accessibility animal assistance
🐩|poodle||animal dog fluffy
🐺|wolf|wolf_face|animal
🦊|fox|fox_face|animal
🦝|raccoon||animal curious sly
🐱|cat face|cat|animal kitten kitty pet
🐈|cat|cat2|animal animals cats kitten pet
🐈‍⬛|black cat||animal feline halloween meow unlucky
🦁|lion|lion_face|alpha animal leo mane order rawr roar safari
🐯|tiger face|tiger|animal big cat predator
🐅|tiger|tiger2|animal big cat predator zoo
🐆|leopard||animal big cat predator zoo
🐴|horse face|horse|animal dressage equine farm horses
🫎|moose||alces animal antlers elk mammal
🫏|donkey||animal ass burro hinny mammal mule stubborn
🐎|horse|racehorse|animal equestrian farm racing
🦄|unicorn|unicorn_face|
🦓|zebra||animal stripe
🦌|deer||animal
🦬|bison||animal buffalo herd wisent
🐮|cow face|cow|animal farm milk moo
🐂|ox||animal animals bull farm taurus zodiac
🐃|water buffalo||animal zoo
🐄|cow|cow2|animal animals farm milk moo
🐷|pig face|pig|animal bacon farm pork
🐖|pig|pig2|animal bacon farm pork sow
🐗|boar||animal pig
🐽|pig nose||animal face farm smell snout
🐏|ram||animal aries horns male sheep zodiac zoo
🐑|ewe|sheep|animal baa farm female fluffy lamb wool
🐐|goat||animal capricorn farm milk zodiac
🐪|camel|dromedary_camel|animal desert hump one
🐫|two-hump camel|camel|animal bactrian desert hump two
🦙|llama||alpaca animal guanaco vicuña wool
🦒|giraffe||animal spots
🐘|elephant||animal
🦣|mammoth||animal extinction large tusk wooly
🦏|rhinoceros|rhino|animal
🦛|hippopotamus|hippo|animal
🐭|mouse face|mouse|animal
🐁|mouse|mouse2|animal animals
🐀|rat||animal
🐹|hamster|hamster_face|animal pet
🐰|rabbit face|rabbit|animal bunny pet
🐇|rabbit|rabbit2|animal bunny pet
🐿️|chipmunk||animal squirrel
🦫|beaver||animal dam teeth
🦔|hedgehog||animal spiny
🦇|bat||animal vampire
🐻|bear|bear_face|animal grizzly growl honey
🐻‍❄️|polar bear|polar_bear_face|animal arctic white
🐨|koala|koala_face|animal australia bear down marsupial under
🐼|panda|panda_face|animal bamboo
🦥|sloth||lazy slow
🦦|otter||animal fishing playful
🦨|skunk||animal stink
🦘|kangaroo||animal joey jump marsupial
🦡|badger||animal honey pester
🐾|paw prints|feet|paws print
🦃|turkey||bird gobble thanksgiving
🐔|chicken|chicken_face|animal bird ornithology
🐓|rooster||animal bird ornithology
🐣|hatching chick||animal baby bird egg
🐤|baby chick||animal bird ornithology
🐥|front-facing baby chick|hatched_chick|animal bird newborn ornithology
🐦|bird|bird_face|animal ornithology
🐧|penguin|penguin_face|animal antarctica bird ornithology
🕊️|dove||bird fly ornithology peace
🦅|eagle||animal bird ornithology
🦆|duck||animal bird ornithology
🦢|swan||animal bird cygnet duckling ornithology ugly
🦉|owl||animal bird ornithology wise
🦤|dodo||animal bird extinction large ornithology
🪶|feather||bird flight light plumage
🦩|flamingo||animal bird flamboyant ornithology tropical
🦚|peacock||animal bird colorful ornithology ostentatious peahen pretty proud
🦜|parrot||animal bird ornithology pirate talk
🪽|wing||angelic ascend aviation bird fly flying heavenly mythology
🐦‍⬛|black bird||animal beak caw corvid crow ornithology raven rook
🪿|goose||animal bird duck flock fowl gaggle gander geese
🐸|frog|frog_face|animal
🐊|crocodile||animal zoo
🐢|turtle||animal terrapin tortoise
🦎|lizard||animal reptile
🐍|snake||animal bearer ophiuchus serpent zodiac
🐲|dragon face||animal fairy fairytale tale
🐉|dragon||animal fairy fairytale knights tale
🦕|sauropod||brachiosaurus brontosaurus dinosaur diplodocus
🦖|t-rex|trex|dinosaur rex t tyrannosaurus
🐳|spouting whale|whale|animal beach face ocean
🐋|whale|whale2|animal beach ocean
🐬|dolphin|flipper|animal beach ocean
🦭|seal||animal lion ocean sea
🐟|fish||animal dinner fishes fishing pisces zodiac
🐠|tropical fish||animal fishes
🐡|blowfish||animal fish
🦈|shark||animal fish
🐙|octopus||animal creature ocean
🐚|spiral shell|shell|animal beach conch sea
🪸|coral||change climate ocean reef sea
🪼|jellyfish||animal aquarium burn invertebrate jelly life marine ocean
🦀|crab||cancer zodiac
🦞|lobster||animal bisque claws seafood
🦐|shrimp||food shellfish small
🦑|squid||animal food mollusk
🦪|oyster||diving pearl
🐌|snail||animal escargot garden nature slug
🦋|butterfly||insect pretty
🐛|bug||animal garden insect
🐜|ant||animal garden insect
🐝|honeybee|bee|animal bumblebee honey insect nature spring
🪲|beetle||animal bug insect
🐞|lady beetle||animal garden insect ladybird ladybug nature
🦗|cricket||animal bug grasshopper insect orthoptera
🪳|cockroach||animal insect pest roach
🕷️|spider||animal insect
🕸️|spider web||
🦂|scorpion||scorpio scorpius zodiac
🦟|mosquito||bite disease fever insect malaria pest virus
🪰|fly||animal disease insect maggot pest rotting
🪱|worm||animal annelid earthworm parasite
🦠|microbe||amoeba bacteria science virus
💐|bouquet||anniversary birthday date flower love plant romance
🌸|cherry blossom||flower plant spring springtime
💮|white flower||
🪷|lotus||beauty buddhism calm flower hinduism peace purity serenity
🏵️|rosette||plant
🌹|rose||beauty elegant flower love plant red valentine
🥀|wilted flower||dying
🌺|hibiscus||flower plant
🌻|sunflower||flower outdoors plant sun
🌼|blossom||buttercup dandelion flower plant
🌷|tulip||blossom flower growth plant
🪻|hyacinth||bloom bluebonnet flower indigo lavender lilac lupine plant
🌱|seedling||plant sapling sprout young
🪴|potted plant||decor grow house nurturing pot
🌲|evergreen tree||christmas forest pine
🌳|deciduous tree||forest green habitat shedding
🌴|palm tree||beach plant tropical
🌵|cactus||desert drought nature plant
🌾|sheaf of rice|ear_of_rice|grain grains plant
🌿|herb||leaf plant
☘️|shamrock||irish plant
🍀|four leaf clover||4 four-leaf irish lucky plant
🍁|maple leaf||falling
🍂|fallen leaf||autumn fall falling
🍃|leaf fluttering in wind|leaves|blow flutter
🪹|empty nest|nest|branch home nesting
🪺|nest with eggs||bird branch egg nesting
🍄|mushroom||fungus toadstool`,
  food: `🍇|grapes||dionysus fruit grape
🍈|melon||cantaloupe fruit
🍉|watermelon||fruit
🍊|tangerine|mandarin orange|c citrus fruit nectarine vitamin
🍋|lemon||citrus fruit sour
🍌|banana||fruit potassium
🍍|pineapple||colada fruit pina tropical
🥭|mango||food fruit tropical
🍎|red apple|apple|diet food fruit health ripe
🍏|green apple||fruit
🍐|pear||fruit
🍑|peach||fruit
🍒|cherries||berries cherry fruit red
🍓|strawberry||berry fruit
🫐|blueberries||berries berry bilberry blue blueberry food fruit
🥝|kiwi fruit|kiwi|food
🍅|tomato||food fruit vegetable
🫒|olive||food
🥥|coconut||colada palm piña
🥑|avocado||food fruit
🍆|eggplant||aubergine vegetable
🥔|potato||food vegetable
🥕|carrot||food vegetable
🌽|ear of corn|corn|crops farm maize maze
🌶️|hot pepper||
🫑|bell pepper||capsicum food vegetable
🥒|cucumber||food pickle vegetable
🥬|leafy green||bok burgers cabbage choy kale lettuce salad
🥦|broccoli||cabbage wild
🧄|garlic||flavoring
🧅|onion||flavoring
🥜|peanuts||food nut peanut vegetable
🫘|beans||food kidney legume small
🌰|chestnut||almond plant
🫚|ginger root|ginger|beer health herb natural spice
🫛|pea pod|pea|beans beanstalk edamame legume soybean vegetable veggie
🍞|bread||carbs food grain loaf restaurant toast wheat
🥐|croissant||bread breakfast crescent food french roll
🥖|baguette bread||food french
🫓|flatbread||arepa bread food gordita lavash naan pita
🥨|pretzel||convoluted twisted
🥯|bagel||bakery bread breakfast schmear
🥞|pancakes||breakfast crêpe food hotcake pancake
🧇|waffle||breakfast indecisive iron
🧀|cheese wedge|cheese|
🍖|meat on bone||
🍗|poultry leg||bone chicken drumstick hungry turkey
🥩|cut of meat||chop lambchop porkchop red steak
🥓|bacon||breakfast food meat
🍔|hamburger||burger eat fast food hungry
🍟|french fries|fries|fast food
🍕|pizza||cheese food hungry pepperoni slice
🌭|hot dog|hotdog|frankfurter sausage
🥪|sandwich||bread
🌮|taco||mexican
🌯|burrito||mexican wrap
🫔|tamale||food mexican pamonha wrapped
🥙|stuffed flatbread||falafel food gyro kebab
🧆|falafel||chickpea meatball
🥚|egg||breakfast food
🍳|cooking|fried_egg|breakfast easy fry frying over pan restaurant side
🥘|shallow pan of food||casserole paella
🍲|pot of food|stew|soup
🫕|fondue||cheese chocolate food melted pot ski
🥣|bowl with spoon||breakfast cereal congee oatmeal porridge
🥗|green salad|salad|food
🍿|popcorn||corn movie pop
🧈|butter||dairy
🧂|salt||condiment flavor mad salty shaker taste upset
🥫|canned food||can
🍱|bento box|bento|food
🍘|rice cracker||food
🍙|rice ball||food japanese
🍚|cooked rice|rice|food
🍛|curry rice|curry|food
🍜|steaming bowl|ramen|chopsticks food noodle pho soup
🍝|spaghetti||food meatballs pasta restaurant
🍠|roasted sweet potato|sweet_potato|food
🍢|oden||food kebab restaurant seafood skewer stick
🍣|sushi||food
🍤|fried shrimp||prawn tempura
🍥|fish cake with swirl|fish_cake|food pastry restaurant
🥮|moon cake||autumn festival yuèbǐng
🍡|dango||dessert japanese skewer stick sweet
🥟|dumpling||empanada gyōza jiaozi pierogi potsticker
🥠|fortune cookie||prophecy
🥡|takeout box||chopsticks delivery food oyster pail
🍦|soft ice cream|icecream soft_serve|dessert food restaurant sweet
🍧|shaved ice||dessert restaurant sweet
🍨|ice cream||dessert food restaurant sweet
🍩|doughnut||breakfast dessert donut food sweet
🍪|cookie||chip chocolate dessert sweet
🎂|birthday cake|birthday|bday celebration dessert happy pastry sweet
🍰|shortcake|cake|dessert pastry slice sweet
🧁|cupcake||bakery dessert sprinkles sugar sweet treat
🥧|pie||apple filling fruit meat pastry pumpkin slice
🍫|chocolate bar||candy dessert halloween sweet tooth
🍬|candy||cavities dessert halloween restaurant sweet tooth wrapper
🍭|lollipop||candy dessert food restaurant sweet
🍮|custard||dessert pudding sweet
🍯|honey pot||barrel bear food honeypot jar sweet
🍼|baby bottle||babies birth born drink infant milk newborn
🥛|glass of milk|milk_glass milk|drink
☕|hot beverage|coffee|cafe caffeine chai drink morning steaming tea
🫖|teapot||brew drink food pot tea
🍵|teacup without handle|tea|beverage cup drink oolong
🍶|sake||bar beverage bottle cup drink restaurant
🍾|bottle with popping cork|champagne|bar drink
🍷|wine glass||alcohol bar beverage booze club drink drinking drinks
🍸|cocktail glass|cocktail|alcohol bar booze club drink drinking drinks mad
🍹|tropical drink||alcohol bar booze club cocktail drinking drinks drunk
🍺|beer mug|beer|alcohol ale bar booze drink drinking drinks octoberfest
🍻|clinking beer mugs|beers|alcohol bar booze bottoms cheers clink drinking drinks
🥂|clinking glasses||celebrate clink drink glass
🥃|tumbler glass|whisky|liquor scotch shot whiskey
🫗|pouring liquid|pour|accident drink empty glass oops spill water
🥤|cup with straw||drink juice malt soda soft water
🧋|bubble tea|boba_drink|food milk pearl
🧃|beverage box|juice_box|straw sweet
🧉|mate||drink
🧊|ice|ice_cube|cold iceberg
🥢|chopsticks||hashi jeotgarak kuaizi
🍽️|fork and knife with plate|plate_with_cutlery fork_knife_plate|cooking dinner eat
🍴|fork and knife||breakfast breaky cooking cutlery delicious dinner eat feed
🥄|spoon||eat tableware
🔪|kitchen knife|hocho knife|chef cooking tool weapon
🫙|jar||condiment container empty nothing sauce store
🏺|amphora||aquarius cooking drink jug tool weapon zodiac`,
  travel: `🌍|globe showing europe-africa|earth_africa earth_europe|world
🌎|globe showing americas|earth_americas|world
🌏|globe showing asia-australia|earth_asia|australia world
🌐|globe with meridians||earth internet web world worldwide
🗺️|world map||
🗾|map of japan|japan japan_map|
🧭|compass||direction magnetic navigation orienteering
🏔️|snow-capped mountain|mountain_snow|cold
⛰️|mountain||
🌋|volcano||eruption mountain nature
🗻|mount fuji||mountain nature
🏕️|camping||
🏖️|beach with umbrella|beach_umbrella beach|
🏜️|desert||
🏝️|desert island|island|
🏞️|national park||
🏟️|stadium||
🏛️|classical building||
🏗️|building construction|construction_site|crane
🧱|brick|bricks|clay mortar wall
🪨|rock||boulder heavy solid stone tough
🪵|wood||log lumber timber
🛖|hut||home house roundhouse shelter yurt
🏘️|houses|homes|house
🏚️|derelict house|house_abandoned|home
🏠|house||building country heart home ranch settle simple suburban
🏡|house with garden||building country heart home ranch settle simple suburban
🏢|office building|office|city cubical job
🏣|japanese post office|post_office|building
🏤|post office|european_post_office|building
🏥|hospital||building doctor medicine
🏦|bank||building
🏨|hotel||building
🏩|love hotel||building
🏪|convenience store||24 building hours
🏫|school||building
🏬|department store||building
🏭|factory||building
🏯|japanese castle||building
🏰|castle|european_castle|building
💒|wedding||chapel hitched nuptials romance
🗼|tokyo tower||
🗽|statue of liberty||new ny nyc york
⛪|church||bless chapel christian cross religion
🕌|mosque||islam masjid muslim religion
🛕|hindu temple||
🕍|synagogue||jew jewish judaism religion temple
⛩️|shinto shrine||religion
🕋|kaaba||hajj islam muslim religion umrah
⛲|fountain||
⛺|tent||camping
🌁|foggy||fog
🌃|night with stars||star
🏙️|cityscape||city
🌄|sunrise over mountains||morning sun
🌅|sunrise||morning nature sun
🌆|cityscape at dusk|city_sunset city_dusk|building evening landscape sun
🌇|sunset|city_sunrise city_sunset|building dusk sun
🌉|bridge at night||
♨️|hot springs|hotsprings|steaming
🎠|carousel horse||entertainment
🛝|playground slide|slide|amusement park play playing sliding theme
🎡|ferris wheel||amusement park theme
🎢|roller coaster||amusement park theme
💈|barber pole|barber|cut fresh haircut shave
🎪|circus tent||
🚂|locomotive|steam_locomotive|caboose engine railway train trains travel
🚃|railway car||electric train tram travel trolleybus
🚄|high-speed train|bullettrain_side|railway shinkansen speed
🚅|bullet train|bullettrain_front|high-speed nose railway shinkansen speed travel
🚆|train|train2|arrived choo railway
🚇|metro||subway travel
🚈|light rail||arrived monorail railway
🚉|station||railway train
🚊|tram||trolleybus
🚝|monorail||vehicle
🚞|mountain railway||car trip
🚋|tram car|train|bus trolley trolleybus
🚌|bus||school vehicle
🚍|oncoming bus||cars
🚎|trolleybus||bus tram trolley
🚐|minibus||bus drive van vehicle
🚑|ambulance||emergency vehicle
🚒|fire engine||truck
🚓|police car||5–0 cops patrol
🚔|oncoming police car||
🚕|taxi||cab cabbie car drive vehicle yellow
🚖|oncoming taxi||cab cabbie cars drove hail yellow
🚗|automobile|car red_car|driving vehicle
🚘|oncoming automobile||car cars drove vehicle
🚙|sport utility vehicle|blue_car suv|drive recreational sportutility
🛻|pickup truck||automobile car flatbed pick-up transportation
🚚|delivery truck|truck|car drive vehicle
🚛|articulated lorry||car drive move semi truck vehicle
🚜|tractor||vehicle
🏎️|racing car||zoom
🏍️|motorcycle||racing
🛵|motor scooter||
🦽|manual wheelchair||accessibility
🦼|motorized wheelchair||accessibility
🛺|auto rickshaw||tuk
🚲|bicycle|bike|class cycle cycling cyclist gang ride spin spinning
🛴|kick scooter|scooter|
🛹|skateboard||board skate skater wheels
🛼|roller skate||blades skates sport
🚏|bus stop|busstop|
🛣️|motorway||highway road
🛤️|railway track||train
🛢️|oil drum||
⛽|fuel pump|fuelpump|diesel gas gasoline station
🛞|wheel||car circle tire turn vehicle
🚨|police car light|rotating_light|alarm alert beacon emergency revolving siren
🚥|horizontal traffic light|traffic_light|intersection signal stop stoplight
🚦|vertical traffic light||drove intersection signal stop stoplight
🛑|stop sign|octagonal_sign|
🚧|construction||barrier
⚓|anchor||ship tool
🛟|ring buoy|lifebuoy|float life lifesaver preserver rescue safety save saver
⛵|sailboat|boat|resort sailing sea yacht
🛶|canoe||boat
🚤|speedboat||billionaire boat lake luxury millionaire summer travel
🛳️|passenger ship|cruise_ship|
⛴️|ferry||boat passenger
🛥️|motor boat|motorboat|
🚢|ship||boat passenger travel
✈️|airplane||aeroplane fly flying jet plane travel
🛩️|small airplane||aeroplane plane
🛫|airplane departure|flight_departure|aeroplane check-in departures plane
🛬|airplane arrival|flight_arrival airplane_arriving|aeroplane arrivals landing plane
🪂|parachute||hang-glide parasail skydive
💺|seat||chair
🚁|helicopter||copter roflcopter travel vehicle
🚟|suspension railway||
🚠|mountain cableway||cable gondola lift ski
🚡|aerial tramway||cable car gondola ropeway
🛰️|satellite|artificial_satellite|space
🚀|rocket||launch rockets space travel
🛸|flying saucer||aliens extra terrestrial ufo
🛎️|bellhop bell|bellhop|hotel
🧳|luggage||bag packing roller suitcase travel
⌛|hourglass done|hourglass|sand time timer
⏳|hourglass not done|hourglass_flowing_sand|hours timer waiting yolo
⌚|watch||clock time
⏰|alarm clock||hours hrs late time waiting
⏱️|stopwatch||clock time
⏲️|timer clock||
🕰️|mantelpiece clock|clock|time
🕛|twelve o'clock|clock12|12 12:00 clock o’clock time
🕧|twelve-thirty|clock1230|12 12:30 30 clock thirty time twelve
🕐|one o'clock|clock1|1 1:00 clock o’clock time
🕜|one-thirty|clock130|1 1:30 30 clock one thirty time
🕑|two o'clock|clock2|2 2:00 clock o’clock time
🕝|two-thirty|clock230|2 2:30 30 clock thirty time two
🕒|three o'clock|clock3|3 3:00 clock o’clock time
🕞|three-thirty|clock330|3 30 3:30 clock thirty three time
🕓|four o'clock|clock4|4 4:00 clock o’clock time
🕟|four-thirty|clock430|30 4 4:30 clock four thirty time
🕔|five o'clock|clock5|5 5:00 clock o’clock time
🕠|five-thirty|clock530|30 5 5:30 clock five thirty time
🕕|six o'clock|clock6|6 6:00 clock o’clock time
🕡|six-thirty|clock630|30 6 6:30 clock six thirty
🕖|seven o'clock|clock7|0 7 7:00 clock o’clock
🕢|seven-thirty|clock730|30 7 7:30 clock seven thirty
🕗|eight o'clock|clock8|8 8:00 clock o’clock time
🕣|eight-thirty|clock830|30 8 8:30 clock eight thirty time
🕘|nine o'clock|clock9|9 9:00 clock o’clock time
🕤|nine-thirty|clock930|30 9 9:30 clock nine thirty time
🕙|ten o'clock|clock10|0 10 10:00 clock o’clock
🕥|ten-thirty|clock1030|10 10:30 30 clock ten thirty time
🕚|eleven o'clock|clock11|11 11:00 clock o’clock time
🕦|eleven-thirty|clock1130|11 11:30 30 clock eleven thirty time
🌑|new moon||dark space
🌒|waxing crescent moon||dreams space
🌓|first quarter moon||space
🌔|waxing gibbous moon|moon|space
🌕|full moon||space
🌖|waning gibbous moon||space
🌗|last quarter moon||space
🌘|waning crescent moon||space
🌙|crescent moon||ramadan space
🌚|new moon face|new_moon_with_face|space
🌛|first quarter moon face|first_quarter_moon_with_face|space
🌜|last quarter moon face|last_quarter_moon_with_face|dreams
🌡️|thermometer||weather
☀️|sun|sunny|bright rays space weather
🌝|full moon face|full_moon_with_face|bright
🌞|sun with face||beach bright day heat shine sunny sunshine weather
🪐|ringed planet|saturn|saturnine
⭐|star||astronomy medium stars white
🌟|glowing star|star2|glittery glow night shining sparkle win
🌠|shooting star|stars|falling night space
🌌|milky way||space
☁️|cloud||weather
⛅|sun behind cloud|partly_sunny|cloudy weather
⛈️|cloud with lightning and rain|stormy thunder_cloud_and_rain|thunderstorm
🌤️|sun behind small cloud|sunny|weather
🌥️|sun behind large cloud|cloudy|weather
🌦️|sun behind rain cloud|sun_and_rain|weather
🌧️|cloud with rain|rainy|weather
🌨️|cloud with snow|snowy|cold weather
🌩️|cloud with lightning|lightning|weather
🌪️|tornado||cloud weather whirlwind
🌫️|fog||cloud weather
🌬️|wind face|wind_blowing_face|blow cloud
🌀|cyclone||dizzy hurricane twister typhoon weather
🌈|rainbow||gay genderqueer glbt glbtq lesbian lgbt lgbtq lgbtqia
🌂|closed umbrella||clothing rain
☂️|umbrella|open_umbrella|clothing rain
☔|umbrella with rain drops|umbrella umbrella_with_rain|clothing drop weather
⛱️|umbrella on ground|parasol_on_ground beach_umbrella|rain sun
⚡|high voltage|zap|danger electric electricity lightning nature thunder thunderbolt
❄️|snowflake||cold snow weather
☃️|snowman|snowman_with_snow snowman2|cold man
⛄|snowman without snow|snowman|cold man
☄️|comet||space
🔥|fire||af burn flame hot lit litaf tool
💧|droplet||cold comic drop nature sad sweat tear water
🌊|water wave|ocean|nature surf surfer surfing`,
  activities: `🎃|jack-o-lantern|jack_o_lantern|celebration halloween pumpkin
🎄|christmas tree||celebration
🎆|fireworks||boom celebration entertainment yolo
🎇|sparkler||boom celebration fireworks sparkle
🧨|firecracker||dynamite explosive fire fireworks light pop popping spark
✨|sparkles||* magic sparkle star
🎈|balloon||birthday celebrate celebration
🎉|party popper|tada party|awesome birthday celebrate celebration excited hooray woohoo
🎊|confetti ball||celebrate celebration party woohoo
🎋|tanabata tree||banner celebration japanese
🎍|pine decoration|bamboo|celebration japanese plant
🎎|japanese dolls|dolls|celebration doll festival
🎏|carp streamer|flags|celebration
🎐|wind chime||bell celebration
🎑|moon viewing ceremony|rice_scene moon_ceremony|celebration
🧧|red envelope||gift good hóngbāo lai luck money see
🎀|ribbon||celebration
🎁|wrapped gift|gift|birthday bow box celebration christmas present surprise
🎗️|reminder ribbon||celebration
🎟️|admission tickets|tickets|ticket
🎫|ticket||admission stub
🎖️|military medal|medal_military|award celebration
🏆|trophy||champion champs prize slay sport victory win winning
🏅|sports medal|medal_sports|award gold winner
🥇|1st place medal|1st first_place_medal|gold
🥈|2nd place medal|2nd second_place_medal|silver
🥉|3rd place medal|3rd third_place_medal|bronze
⚽|soccer ball|soccer|football futbol sport
⚾|baseball||ball sport
🥎|softball||ball glove sports underarm
🏀|basketball||ball hoop sport
🏐|volleyball||ball game
🏈|american football|football|ball bowl sport super
🏉|rugby football||ball sport
🎾|tennis||ball racquet sport
🥏|flying disc||ultimate
🎳|bowling||ball game sport strike
🏏|cricket game||ball bat
🏑|field hockey||ball game stick
🏒|ice hockey|hockey|game puck stick
🥍|lacrosse||ball goal sports stick
🏓|ping pong||ball bat game paddle pingpong table tennis
🏸|badminton||birdie game racquet shuttlecock
🥊|boxing glove||
🥋|martial arts uniform||judo karate taekwondo
🥅|goal net||
⛳|flag in hole|golf|sport
⛸️|ice skate||skating
🎣|fishing pole|fishing_pole_and_fish|entertainment sport
🤿|diving mask||scuba snorkeling
🎽|running shirt|running_shirt_with_sash|athletics
🎿|skis|ski|snow sport
🛷|sled||luge sledge sleigh snow toboggan
🥌|curling stone||game rock
🎯|bullseye|dart direct_hit|bull entertainment game target
🪀|yo-yo|yo_yo|fluctuate toy
🪁|kite||fly soar
🔫|water pistol|gun pistol|handgun revolver tool weapon
🎱|pool 8 ball|8ball billiards|billiard eight game
🔮|crystal ball||fairy fairytale fantasy fortune future magic tale tool
🪄|magic wand||magician witch wizard
🎮|video game|controller|entertainment
🕹️|joystick||game video videogame
🎰|slot machine||casino gamble gambling game slots
🎲|game die||dice entertainment
🧩|puzzle piece|jigsaw|clue interlocking
🧸|teddy bear||plaything plush stuffed toy
🪅|piñata|pinata|candy celebrate celebration cinco de festive mayo party
🪩|mirror ball|disco disco_ball|dance glitter party
🪆|nesting dolls||babooshka baboushka babushka doll matryoshka russia
♠️|spade suit|spades|card game
♥️|heart suit|hearts|card emotion game
♦️|diamond suit|diamonds|card game
♣️|club suit|clubs|card game
♟️|chess pawn||dupe expendable
🃏|joker|black_joker|card game wildcard
🀄|mahjong red dragon|mahjong|game
🎴|flower playing cards||card game japanese
🎭|performing arts||actor actress art entertainment mask theater theatre thespian
🖼️|framed picture|frame_with_picture|art museum painting
🎨|artist palette|art palette|artsy arty colorful creative entertainment museum painter painting
🧵|thread||needle sewing spool string
🪡|sewing needle||embroidery sew stitches sutures tailoring thread
🧶|yarn||ball crochet knit
🪢|knot||cord rope tangled tie twine twist`,
  objects: `👓|glasses|eyeglasses|clothing eye eyewear
🕶️|sunglasses|dark_sunglasses|eye eyewear glasses
🥽|goggles||dive eye protection scuba swimming welding
🥼|lab coat||clothes doctor dr experiment jacket scientist white
🦺|safety vest||emergency
👔|necktie||clothing employed serious shirt tie
👕|t-shirt|shirt tshirt|blue casual clothes clothing collar dressed shopping weekend
👖|jeans||blue casual clothes clothing denim dressed pants shopping
🧣|scarf||bundle cold neck up
🧤|gloves||hand
🧥|coat||brr bundle cold jacket up
🧦|socks||stocking
👗|dress||clothes clothing dressed fancy shopping
👘|kimono||clothing comfortable
🥻|sari||clothing dress
🩱|one-piece swimsuit|one_piece_swimsuit|bathing suit
🩲|briefs|swim_brief|bathing one-piece suit swimsuit underwear
🩳|shorts||bathing pants suit swimsuit underwear
👙|bikini||bathing beach clothing pool suit swim
👚|woman's clothes|womans_clothes|blouse clothing collar dress dressed lady shirt shopping
🪭|folding hand fan|folding_fan|clack clap cool cooling dance flirt flutter hot
👛|purse||clothes clothing coin dress fancy handbag shopping
👜|handbag||bag clothes clothing dress lady purse shopping
👝|clutch bag|pouch|clothes clothing dress handbag purse
🛍️|shopping bags|shopping|bag hotel
🎒|backpack|school_satchel|backpacking bag bookbag education rucksack
🩴|thong sandal||beach flip flop sandals shoe thongs zōri
👞|man's shoe|mans_shoe shoe|brown clothes clothing feet foot kick man man’s
👟|running shoe|athletic_shoe sneaker|clothes clothing fast kick shoes shopping tennis
🥾|hiking boot||backpacking brown camping outdoors shoe
🥿|flat shoe|womans_flat_shoe|ballet comfy flats slip-on slipper
👠|high-heeled shoe|high_heel|clothes clothing dress fashion heels shoes shopping stiletto
👡|woman's sandal|sandal|clothing shoe woman woman’s
🩰|ballet shoes||dance
👢|woman's boot|boot|clothes clothing dress shoe shoes shopping woman woman’s
🪮|hair pick||afro comb groom
👑|crown||clothing family king medieval queen royal royalty win
👒|woman's hat|womans_hat|clothes clothing garden hats party woman woman’s
🎩|top hat|tophat|clothes clothing fancy formal magic
🎓|graduation cap|mortar_board|celebration clothing education hat scholar
🧢|billed cap||baseball bent dad hat
🪖|military helmet||army soldier war warrior
⛑️|rescue worker's helmet|rescue_worker_helmet helmet_with_cross|aid face hat worker’s
📿|prayer beads||clothing necklace religion
💄|lipstick||cosmetics date makeup
💍|ring||diamond engaged engagement married romance shiny sparkling wedding
💎|gem stone|gem|diamond engagement jewel money romance wedding
🔇|muted speaker|mute no_sound|quiet silent
🔈|speaker low volume|speaker low_volume quiet_sound|soft
🔉|speaker medium volume|sound medium_volumne|
🔊|speaker high volume|loud_sound high_volume|music
📢|loudspeaker||address communication loud public sound
📣|megaphone|mega|cheering sound
📯|postal horn||post
🔔|bell||break church sound
🔕|bell with slash|no_bell|forbidden mute not prohibited quiet silent sound
🎼|musical score||music note
🎵|musical note||music sound
🎶|musical notes|notes|music note sound
🎙️|studio microphone||mic music
🎚️|level slider||music
🎛️|control knobs||music
🎤|microphone||karaoke mic music sing sound
🎧|headphone|headphones|earbud sound
📻|radio||entertainment tbt video
🎷|saxophone||instrument music sax
🎺|trumpet||instrument music
🪗|accordion||box concertina instrument music squeeze squeezebox
🎸|guitar||instrument music strat
🎹|musical keyboard||instrument music piano
🎻|violin||instrument music
🪕|banjo||music stringed
🥁|drum||drumsticks music
🪘|long drum||beat conga instrument rhythm
🪇|maracas||cha dance instrument music party percussion rattle shake
🪈|flute||band fife flautist instrument marching music orchestra piccolo
📱|mobile phone|iphone android|cell communication telephone
📲|mobile phone with arrow|calling mobile_phone_arrow|build call cell communication receive telephone
☎️|telephone|phone|
📞|telephone receiver||communication phone voip
📟|pager||communication
📠|fax machine|fax|communication
🔋|battery||
🪫|low battery||drained electronic energy power
🔌|electric plug||electricity
💻|laptop|computer|office pc personal
🖥️|desktop computer|computer|monitor
🖨️|printer||computer
⌨️|keyboard||computer
🖱️|computer mouse||
🖲️|trackball||computer
💽|computer disk|minidisc|minidisk optical
💾|floppy disk||computer
💿|optical disk|cd|blu-ray computer dvd
📀|dvd||blu-ray cd computer disk optical
🧮|abacus||calculation calculator
🎥|movie camera||bollywood cinema film hollywood record
🎞️|film frames|film_strip|cinema movie
📽️|film projector||cinema movie video
🎬|clapper board|clapper|action movie
📺|television|tv|video
📷|camera||photo selfie snap tbt trip video
📸|camera with flash|camera_flash|video
📹|video camera||camcorder tbt
📼|videocassette|vhs|old school tape vcr video
🔍|magnifying glass tilted left|mag|lab left-pointing science search tool
🔎|magnifying glass tilted right|mag_right|contact lab right-pointing science search tool
🕯️|candle||light
💡|light bulb|bulb|comic electric idea
🔦|flashlight||electric light tool torch
🏮|red paper lantern|izakaya_lantern lantern|bar light restaurant
🪔|diya lamp||light oil
📔|notebook with decorative cover||book decorated education school writing
📕|closed book||education
📖|open book|book|education fantasy knowledge library novels reading
📗|green book||education fantasy library reading
📘|blue book||education fantasy library reading
📙|orange book||education fantasy library reading
📚|books||book education fantasy knowledge library novels reading school
📓|notebook||
📒|ledger||notebook
📃|page with curl||document paper
📜|scroll||paper
📄|page facing up||document paper
📰|newspaper||communication news paper
🗞️|rolled-up newspaper|newspaper_roll rolled_up_newspaper|news paper
📑|bookmark tabs||mark marker
🔖|bookmark||mark
🏷️|label||tag
🪙|coin||dollar euro gold metal money rich silver treasure
💰|money bag|moneybag|bank bet billion cash cost dollar gold million
💴|yen banknote|yen|bank bill currency money note
💵|dollar banknote|dollar|bank bill currency money note
💶|euro banknote|euro|100 bank bill currency money note rich
💷|pound banknote|pound|bank bill billion cash currency money note pounds
💸|money with wings||bank banknote bill billion cash dollar fly million
💳|credit card||bank cash charge money pay
🧾|receipt||accounting bookkeeping evidence invoice proof
💹|chart increasing with yen|chart|bank currency graph growth market money rise trend
✉️|envelope||e-mail email letter
📧|e-mail|email|letter mail
📨|incoming envelope||delivering e-mail email letter mail receive sent
📩|envelope with arrow||communication down e-mail email letter mail outgoing send
📤|outbox tray||box email letter mail sent
📥|inbox tray||box email letter mail receive zero
📦|package||box communication delivery parcel shipping
📫|closed mailbox with raised flag|mailbox|communication mail postbox
📪|closed mailbox with lowered flag|mailbox_closed|mail postbox
📬|open mailbox with raised flag|mailbox_with_mail|postbox
📭|open mailbox with lowered flag|mailbox_with_no_mail|postbox
📮|postbox||mail mailbox
🗳️|ballot box with ballot|ballot_box|
✏️|pencil|pencil2|
✒️|black nib||pen
🖋️|fountain pen||
🖊️|pen||ballpoint
🖌️|paintbrush||painting
🖍️|crayon||
📝|memo|pencil|communication media notes
💼|briefcase||office
📁|file folder||
📂|open file folder||
🗂️|card index dividers||
📅|calendar|date|
📆|tear-off calendar|calendar|
🗒️|spiral notepad|notepad_spiral|note pad
🗓️|spiral calendar|calendar_spiral|pad
📇|card index||old rolodex school
📈|chart increasing|chart_with_upwards_trend|data graph growth right up upward
📉|chart decreasing|chart_with_downwards_trend|data down downward graph negative
📊|bar chart||data graph
📋|clipboard||do list notes
📌|pushpin||collage pin
📍|round pushpin||location map pin
📎|paperclip||
🖇️|linked paperclips|paperclips|link paperclip
📏|straight ruler||angle edge math straightedge
📐|triangular ruler||angle math rule set slide triangle
✂️|scissors||cut cutting paper tool
🗃️|card file box||
🗄️|file cabinet||filing paper
🗑️|wastebasket|trashcan|can garbage trash waste
🔒|locked|lock|closed private
🔓|unlocked|unlock|cracked lock open
🔏|locked with pen|lock_with_ink_pen|nib privacy
🔐|locked with key|closed_lock_with_key|bike secure
🔑|key||keys lock major password unlock
🗝️|old key||clue lock
🔨|hammer||home improvement repairs tool
🪓|axe||ax chop hatchet split wood
⛏️|pick||hammer mining tool
⚒️|hammer and pick||tool
🛠️|hammer and wrench||spanner tool
🗡️|dagger||knife weapon
⚔️|crossed swords||weapon
💣|bomb||boom comic dangerous explosion hot
🪃|boomerang||rebound repercussion weapon
🏹|bow and arrow||archer archery sagittarius tool weapon zodiac
🛡️|shield||weapon
🪚|carpentry saw||carpenter cut lumber tool trim
🔧|wrench||home improvement spanner tool
🪛|screwdriver||flathead handy screw tool
🔩|nut and bolt||home improvement tool
⚙️|gear||cog cogwheel tool
🗜️|clamp|compression|compress tool vice
⚖️|balance scale|scales|justice libra tool weight zodiac
🦯|white cane|probing_cane|accessibility blind
🔗|link||links
⛓️|chains||chain
🪝|hook||catch crook curve ensnare point selling
🧰|toolbox||box chest mechanic red tool
🧲|magnet||attraction horseshoe magnetic negative positive shape u
🪜|ladder||climb rung step
⚗️|alembic||chemistry tool
🧪|test tube||chemist chemistry experiment lab science
🧫|petri dish||bacteria biologist biology culture lab
🧬|dna|double_helix|biologist evolution gene genetics life
🔬|microscope||experiment lab science tool
🔭|telescope||contact extraterrestrial science tool
📡|satellite antenna|satellite|aliens contact dish science
💉|syringe||doctor flu medicine needle shot sick tool vaccination
🩸|drop of blood||bleed donation injury medicine menstruation
💊|pill||doctor drugs medicated medicine pills sick vitamin
🩹|adhesive bandage|bandaid|
🩼|crutch||aid cane disability help hurt injured mobility stick
🩺|stethoscope||doctor heart medicine
🩻|x-ray|x_ray xray|bones doctor medical skeleton skull
🚪|door||back closet front
🛗|elevator||accessibility hoist lift
🪞|mirror||makeup reflection reflector speculum
🪟|window||air frame fresh opening transparent view
🛏️|bed||hotel sleep
🛋️|couch and lamp||hotel
🪑|chair||seat sit
🚽|toilet||bathroom
🪠|plunger||cup force plumber poop suction toilet
🚿|shower||water
🛁|bathtub||bath
🪤|mouse trap||bait cheese lure mousetrap snare
🪒|razor||sharp shave
🧴|lotion bottle||moisturizer shampoo sunscreen
🧷|safety pin||diaper punk rock
🧹|broom||cleaning sweeping witch
🧺|basket||farming laundry picnic
🧻|roll of paper|toilet_paper|towels
🪣|bucket||cask pail vat
🧼|soap||bar bathing clean cleaning lather soapdish
🫧|bubbles||bubble burp clean floating pearl soap underwater
🪥|toothbrush||bathroom brush clean dental hygiene teeth toiletry
🧽|sponge||absorbing cleaning porous soak
🧯|fire extinguisher||extinguish quench
🛒|shopping cart||trolley
🚬|cigarette|smoking|
⚰️|coffin||dead death vampire
🪦|headstone||cemetery dead grave graveyard memorial rip tomb tombstone
⚱️|funeral urn||ashes death
🧿|nazar amulet||bead blue charm evil-eye talisman
🪬|hamsa||amulet fatima fortune guide hand mary miriam palm
🗿|moai|moyai|face statue stoneface travel
🪧|placard||card demonstration notice picket plaque protest sign
🪪|identification card|id_card|credentials document license security`,
  symbols: `🏧|atm sign|atm|automated bank cash money teller
🚮|litter in bin sign|put_litter_in_its_place litter_bin|litterbin
🚰|potable water||drinking
♿|wheelchair symbol|wheelchair handicapped|access handicap
🚹|men's room|mens|bathroom lavatory man men’s restroom toilet wc
🚺|women's room|womens|bathroom lavatory restroom toilet wc woman women’s
🚻|restroom|bathroom|lavatory toilet wc
🚼|baby symbol||changing
🚾|water closet|wc|bathroom lavatory restroom toilet
🛂|passport control||
🛃|customs||packing
🛄|baggage claim||arrived bags case checked journey packing plane ready
🛅|left luggage||baggage case locker
⚠️|warning||caution
🚸|children crossing||child pedestrian traffic
⛔|no entry||do fail forbidden not pass prohibited traffic
🚫|prohibited|no_entry_sign|forbidden not smoke
🚳|no bicycles||bicycle bike forbidden not prohibited
🚭|no smoking||forbidden not prohibited smoke
🚯|no littering|do_not_litter|forbidden prohibited
🚱|non-potable water||dry non-drinking prohibited
🚷|no pedestrians||forbidden not pedestrian prohibited
📵|no mobile phones||cell forbidden not phone prohibited telephone
🔞|no one under eighteen|underage no_one_under_18|age forbidden not prohibited restriction
☢️|radioactive||sign
☣️|biohazard||sign
⬆️|up arrow|arrow_up|cardinal direction north
↗️|up-right arrow|arrow_upper_right|direction intercardinal northeast
➡️|right arrow|arrow_right|cardinal direction east
↘️|down-right arrow|arrow_lower_right|direction intercardinal southeast
⬇️|down arrow|arrow_down|cardinal direction south
↙️|down-left arrow|arrow_lower_left|direction intercardinal southwest
⬅️|left arrow|arrow_left|cardinal direction west
↖️|up-left arrow|arrow_upper_left|direction intercardinal northwest
↕️|up-down arrow|arrow_up_down|
↔️|left-right arrow|left_right_arrow|
↩️|right arrow curving left|leftwards_arrow_with_hook arrow_left_hook|
↪️|left arrow curving right|arrow_right_hook rightwards_arrow_with_hook|
⤴️|right arrow curving up|arrow_heading_up|
⤵️|right arrow curving down|arrow_heading_down|
🔃|clockwise vertical arrows|arrows_clockwise clockwise|arrow refresh reload
🔄|counterclockwise arrows button|arrows_counterclockwise counterclockwise|again anticlockwise arrow deja refresh rewindershins vu
🔙|back arrow|back|
🔚|end arrow|end|
🔛|on! arrow|on|mark
🔜|soon arrow|soon|brb omw
🔝|top arrow|top|homie up
🛐|place of worship||pray religion
⚛️|atom symbol|atom|atheist
🕉️|om||hindu religion
✡️|star of david||jew jewish judaism religion
☸️|wheel of dharma||buddhist religion
☯️|yin yang||difficult lives religion tao taoist total yinyang
✝️|latin cross||christ christian religion
☦️|orthodox cross||christian religion
☪️|star and crescent||islam muslim ramadan religion
☮️|peace symbol|peace|healing peaceful
🕎|menorah||candelabrum candlestick hanukkah jewish judaism religion
🔯|dotted six-pointed star|six_pointed_star|fortune jewish judaism
🪯|khanda||deg fateh khalsa religion sikh sikhism tegh
♈|aries||horoscope ram zodiac
♉|taurus||bull horoscope ox zodiac
♊|gemini||horoscope twins zodiac
♋|cancer||crab horoscope zodiac
♌|leo||horoscope lion zodiac
♍|virgo||horoscope zodiac
♎|libra||balance horoscope justice scales zodiac
♏|scorpio|scorpius|horoscope scorpion zodiac
♐|sagittarius||archer horoscope zodiac
♑|capricorn||goat horoscope zodiac
♒|aquarius||bearer horoscope water zodiac
♓|pisces||fish horoscope zodiac
⛎|ophiuchus||bearer serpent snake zodiac
🔀|shuffle tracks button|twisted_rightwards_arrows shuffle|arrow crossed
🔁|repeat button|repeat|arrow clockwise
🔂|repeat single button|repeat_one|arrow clockwise once
▶️|play button|arrow_forward play|right triangle
⏩|fast-forward button|fast_forward|arrow double
⏭️|next track button|next_track|arrow scene triangle
⏯️|play or pause button|play_pause|arrow right triangle
◀️|reverse button|arrow_backward reverse|left triangle
⏪|fast reverse button|rewind fast_reverse|arrow double
⏮️|last track button|previous_track_button previous_track|arrow scene triangle
🔼|upwards button|arrow_up_small up|red
⏫|fast up button|arrow_double_up fast_up|
🔽|downwards button|arrow_down_small down|red
⏬|fast down button|arrow_double_down fast_down|
⏸️|pause button|pause|bar double vertical
⏹️|stop button|stop|square
⏺️|record button|record|circle
⏏️|eject button|eject|
🎦|cinema||camera film movie
🔅|dim button|low_brightness|
🔆|bright button|high_brightness|light
📶|antenna bars|signal_strength|bar cell communication mobile phone telephone
🛜|wireless||broadband computer connectivity hotspot internet network router smartphone
📳|vibration mode||cell communication mobile phone telephone
📴|mobile phone off||cell telephone
♀️|female sign|female|woman
♂️|male sign|male|man
⚧️|transgender symbol||
✖️|multiply|heavy_multiplication_x multiplication|cancel sign ×
➕|plus|heavy_plus_sign|+
➖|minus|heavy_minus_sign|- math −
➗|divide|heavy_division_sign division|math ÷
🟰|heavy equals sign||answer equal equality math
♾️|infinity||forever unbounded universal
‼️|double exclamation mark|bangbang double_exclamation|! !! punctuation
⁉️|exclamation question mark|interrobang exclamation_question|! !? ? punctuation
❓|red question mark|question|? punctuation
❔|white question mark|grey_question white_question|? outlined punctuation
❕|white exclamation mark|grey_exclamation white_exclamation|! outlined punctuation
❗|red exclamation mark|exclamation heavy_exclamation_mark|! punctuation
〰️|wavy dash||punctuation
💱|currency exchange||bank money
💲|heavy dollar sign||billion cash charge currency million money pay
⚕️|medical symbol|medical|aesculapius medicine staff
♻️|recycling symbol|recycle|
⚜️|fleur-de-lis|fleur_de_lis|knights
🔱|trident emblem|trident|anchor poseidon ship tool
📛|name badge||
🔰|japanese symbol for beginner|beginner|chevron green leaf tool yellow
⭕|hollow red circle|o red_o|heavy large
✅|check mark button|white_check_mark|checked checkmark complete completed done fixed tick ✓
☑️|check box with check|ballot_box_with_check|checked done off tick ✓
✔️|check mark|heavy_check_mark|checked checkmark done tick ✓
❌|cross mark|x|cancel multiplication multiply ×
❎|cross mark button|negative_squared_cross_mark|multiplication multiply square x ×
➰|curly loop||curl
➿|double curly loop|loop|curl
〽️|part alternation mark||
✳️|eight-spoked asterisk|eight_spoked_asterisk|*
✴️|eight-pointed star|eight_pointed_black_star|*
❇️|sparkle||*
©️|copyright||c
®️|registered||r
™️|trade mark|tm|trademark
#️⃣|keycap: #|hash number_sign|keycap
*️⃣|keycap: *|asterisk|keycap
0️⃣|keycap: 0|zero|keycap
1️⃣|keycap: 1|one|keycap
2️⃣|keycap: 2|two|keycap
3️⃣|keycap: 3|three|keycap
4️⃣|keycap: 4|four|keycap
5️⃣|keycap: 5|five|keycap
6️⃣|keycap: 6|six|keycap
7️⃣|keycap: 7|seven|keycap
8️⃣|keycap: 8|eight|keycap
9️⃣|keycap: 9|nine|keycap
🔟|keycap: 10|keycap_ten ten|
🔠|input latin uppercase|capital_abcd|letters
🔡|input latin lowercase|abcd|letters
🔢|input numbers|1234|
🔣|input symbols|symbols|% & ♪ 〒
🔤|input latin letters|abc|alphabet
🅰️|a button (blood type)|a a_blood|type
🆎|ab button (blood type)|ab ab_blood|type
🅱️|b button (blood type)|b b_blood|type
🆑|cl button|cl|
🆒|cool button|cool|
🆓|free button|free|
ℹ️|information|information_source info|i
🆔|id button|id|identity
Ⓜ️|circled m|m|circle
🆕|new button|new|
🆖|ng button|ng|
🅾️|o button (blood type)|o2 o o_blood|type
🆗|ok button|ok|okay
🅿️|p button|parking|
🆘|sos button|sos|help
🆙|up! button|up up2|mark
🆚|vs button|vs|versus
🈁|japanese “here” button|koko ja_here|katakana
🈂️|japanese “service charge” button|sa ja_service_charge|katakana
🈷️|japanese “monthly amount” button|u6708 ja_monthly_amount|ideograph
🈶|japanese “not free of charge” button|u6709 ja_not_free_of_carge|charge ideograph
🈯|japanese “reserved” button|u6307 ja_reserved|ideograph
🉐|japanese “bargain” button|ideograph_advantage ja_bargain|
🈹|japanese “discount” button|u5272 ja_discount|ideograph
🈚|japanese “free of charge” button|u7121 ja_free_of_charge|ideograph
🈲|japanese “prohibited” button|u7981 ja_prohibited|ideograph
🉑|japanese “acceptable” button|accept ja_acceptable|ideograph
🈸|japanese “application” button|u7533 ja_application|ideograph
🈴|japanese “passing grade” button|u5408 ja_passing_grade|ideograph
🈳|japanese “vacancy” button|u7a7a ja_vacancy|ideograph
㊗️|japanese “congratulations” button|congratulations ja_congratulations|ideograph
㊙️|japanese “secret” button|secret ja_secret|ideograph
🈺|japanese “open for business” button|u55b6 ja_open_for_business|ideograph
🈵|japanese “no vacancy” button|u6e80 ja_no_vacancy|ideograph
🔴|red circle||geometric
🟠|orange circle||
🟡|yellow circle||
🟢|green circle||
🔵|blue circle|large_blue_circle|geometric
🟣|purple circle||
🟤|brown circle||
⚫|black circle||geometric
⚪|white circle||geometric
🟥|red square||card penalty
🟧|orange square||
🟨|yellow square||card penalty
🟩|green square||
🟦|blue square||
🟪|purple square||
🟫|brown square||
⬛|black large square||geometric
⬜|white large square||geometric
◼️|black medium square||geometric
◻️|white medium square||geometric
◾|black medium-small square|black_medium_small_square|geometric
◽|white medium-small square|white_medium_small_square|geometric
▪️|black small square||geometric
▫️|white small square||geometric
🔶|large orange diamond||geometric
🔷|large blue diamond||geometric
🔸|small orange diamond||geometric
🔹|small blue diamond||geometric
🔺|red triangle pointed up|small_red_triangle|geometric
🔻|red triangle pointed down|small_red_triangle_down|geometric
💠|diamond with a dot|diamond_shape_with_a_dot_inside|comic geometric
🔘|radio button||geometric
🔳|white square button||geometric outlined
🔲|black square button||geometric`,
  flags: `🏁|chequered flag|checkered_flag|finish flags game race racing sport win
🚩|triangular flag|triangular_flag_on_post|construction golf
🎌|crossed flags||celebration cross japanese
🏴|black flag||waving
🏳️|white flag||waving
🏳️‍🌈|rainbow flag||bisexual gay genderqueer glbt glbtq lesbian lgbt lgbtq
🏳️‍⚧️|transgender flag||blue light pink white
🏴‍☠️|pirate flag|jolly_roger|plunder treasure
🇦🇨|flag: ascension island|ascension_island flag_ac|AC
🇦🇩|flag: andorra|andorra flag_ad|AD
🇦🇪|flag: united arab emirates|united_arab_emirates flag_ae|AE
🇦🇫|flag: afghanistan|afghanistan flag_af|AF
🇦🇬|flag: antigua & barbuda|antigua_barbuda flag_ag|AG
🇦🇮|flag: anguilla|anguilla flag_ai|AI
🇦🇱|flag: albania|albania flag_al|AL
🇦🇲|flag: armenia|armenia flag_am|AM
🇦🇴|flag: angola|angola flag_ao|AO
🇦🇶|flag: antarctica|antarctica flag_aq|AQ
🇦🇷|flag: argentina|argentina flag_ar|AR
🇦🇸|flag: american samoa|american_samoa flag_as|AS
🇦🇹|flag: austria|austria flag_at|AT
🇦🇺|flag: australia|australia flag_au|AU
🇦🇼|flag: aruba|aruba flag_aw|AW
🇦🇽|flag: åland islands|aland_islands flag_ax|AX
🇦🇿|flag: azerbaijan|azerbaijan flag_az|AZ
🇧🇦|flag: bosnia & herzegovina|bosnia_herzegovina flag_ba|BA
🇧🇧|flag: barbados|barbados flag_bb|BB
🇧🇩|flag: bangladesh|bangladesh flag_bd|BD
🇧🇪|flag: belgium|belgium flag_be|BE
🇧🇫|flag: burkina faso|burkina_faso flag_bf|BF
🇧🇬|flag: bulgaria|bulgaria flag_bg|BG
🇧🇭|flag: bahrain|bahrain flag_bh|BH
🇧🇮|flag: burundi|burundi flag_bi|BI
🇧🇯|flag: benin|benin flag_bj|BJ
🇧🇱|flag: st. barthélemy|st_barthelemy flag_bl|BL
🇧🇲|flag: bermuda|bermuda flag_bm|BM
🇧🇳|flag: brunei|brunei flag_bn|BN
🇧🇴|flag: bolivia|bolivia flag_bo|BO
🇧🇶|flag: caribbean netherlands|caribbean_netherlands flag_bq|BQ
🇧🇷|flag: brazil|brazil flag_br|BR
🇧🇸|flag: bahamas|bahamas flag_bs|BS
🇧🇹|flag: bhutan|bhutan flag_bt|BT
🇧🇻|flag: bouvet island|bouvet_island flag_bv|BV
🇧🇼|flag: botswana|botswana flag_bw|BW
🇧🇾|flag: belarus|belarus flag_by|BY
🇧🇿|flag: belize|belize flag_bz|BZ
🇨🇦|flag: canada|canada flag_ca|CA
🇨🇨|flag: cocos (keeling) islands|cocos_islands flag_cc|CC
🇨🇩|flag: congo - kinshasa|congo_kinshasa flag_cd|CD
🇨🇫|flag: central african republic|central_african_republic flag_cf|CF
🇨🇬|flag: congo - brazzaville|congo_brazzaville flag_cg|CG
🇨🇭|flag: switzerland|switzerland flag_ch|CH
🇨🇮|flag: côte d'ivoire|cote_divoire flag_ci|CI
🇨🇰|flag: cook islands|cook_islands flag_ck|CK
🇨🇱|flag: chile|chile flag_cl|CL
🇨🇲|flag: cameroon|cameroon flag_cm|CM
🇨🇳|flag: china|cn china flag_cn|CN
🇨🇴|flag: colombia|colombia flag_co|CO
🇨🇵|flag: clipperton island|clipperton_island flag_cp|CP
🇨🇷|flag: costa rica|costa_rica flag_cr|CR
🇨🇺|flag: cuba|cuba flag_cu|CU
🇨🇻|flag: cape verde|cape_verde flag_cv|CV
🇨🇼|flag: curaçao|curacao flag_cw|CW
🇨🇽|flag: christmas island|christmas_island flag_cx|CX
🇨🇾|flag: cyprus|cyprus flag_cy|CY
🇨🇿|flag: czechia|czech_republic czechia flag_cz|CZ
🇩🇪|flag: germany|de flag_de germany|DE
🇩🇬|flag: diego garcia|diego_garcia flag_dg|DG
🇩🇯|flag: djibouti|djibouti flag_dj|DJ
🇩🇰|flag: denmark|denmark flag_dk|DK
🇩🇲|flag: dominica|dominica flag_dm|DM
🇩🇴|flag: dominican republic|dominican_republic flag_do|DO
🇩🇿|flag: algeria|algeria flag_dz|DZ
🇪🇦|flag: ceuta & melilla|ceuta_melilla flag_ea|EA
🇪🇨|flag: ecuador|ecuador flag_ec|EC
🇪🇪|flag: estonia|estonia flag_ee|EE
🇪🇬|flag: egypt|egypt flag_eg|EG
🇪🇭|flag: western sahara|western_sahara flag_eh|EH
🇪🇷|flag: eritrea|eritrea flag_er|ER
🇪🇸|flag: spain|es flag_es spain|ES
🇪🇹|flag: ethiopia|ethiopia flag_et|ET
🇪🇺|flag: european union|eu european_union flag_eu|EU
🇫🇮|flag: finland|finland flag_fi|FI
🇫🇯|flag: fiji|fiji flag_fj|FJ
🇫🇰|flag: falkland islands|falkland_islands flag_fk|FK
🇫🇲|flag: micronesia|micronesia flag_fm|FM
🇫🇴|flag: faroe islands|faroe_islands flag_fo|FO
🇫🇷|flag: france|fr flag_fr france|FR
🇬🇦|flag: gabon|gabon flag_ga|GA
🇬🇧|flag: united kingdom|gb uk flag_gb united_kingdom|GB
🇬🇩|flag: grenada|grenada flag_gd|GD
🇬🇪|flag: georgia|georgia flag_ge|GE
🇬🇫|flag: french guiana|french_guiana flag_gf|GF
🇬🇬|flag: guernsey|guernsey flag_gg|GG
🇬🇭|flag: ghana|ghana flag_gh|GH
🇬🇮|flag: gibraltar|gibraltar flag_gi|GI
🇬🇱|flag: greenland|greenland flag_gl|GL
🇬🇲|flag: gambia|gambia flag_gm|GM
🇬🇳|flag: guinea|guinea flag_gn|GN
🇬🇵|flag: guadeloupe|guadeloupe flag_gp|GP
🇬🇶|flag: equatorial guinea|equatorial_guinea flag_gq|GQ
🇬🇷|flag: greece|greece flag_gr|GR
🇬🇸|flag: south georgia & south sandwich islands|south_georgia_south_sandwich_islands flag_gs|GS
🇬🇹|flag: guatemala|guatemala flag_gt|GT
🇬🇺|flag: guam|guam flag_gu|GU
🇬🇼|flag: guinea-bissau|guinea_bissau flag_gw|GW
🇬🇾|flag: guyana|guyana flag_gy|GY
🇭🇰|flag: hong kong sar china|hong_kong flag_hk|HK
🇭🇲|flag: heard & mcdonald islands|heard_mcdonald_islands flag_hm|HM
🇭🇳|flag: honduras|honduras flag_hn|HN
🇭🇷|flag: croatia|croatia flag_hr|HR
🇭🇹|flag: haiti|haiti flag_ht|HT
🇭🇺|flag: hungary|hungary flag_hu|HU
🇮🇨|flag: canary islands|canary_islands flag_ic|IC
🇮🇩|flag: indonesia|indonesia flag_id|ID
🇮🇪|flag: ireland|ireland flag_ie|IE
🇮🇱|flag: israel|israel flag_il|IL
🇮🇲|flag: isle of man|isle_of_man flag_im|IM
🇮🇳|flag: india|india flag_in|IN
🇮🇴|flag: british indian ocean territory|british_indian_ocean_territory flag_io|IO
🇮🇶|flag: iraq|iraq flag_iq|IQ
🇮🇷|flag: iran|iran flag_ir|IR
🇮🇸|flag: iceland|iceland flag_is|IS
🇮🇹|flag: italy|it flag_it italy|IT
🇯🇪|flag: jersey|jersey flag_je|JE
🇯🇲|flag: jamaica|jamaica flag_jm|JM
🇯🇴|flag: jordan|jordan flag_jo|JO
🇯🇵|flag: japan|jp flag_jp japan|JP
🇰🇪|flag: kenya|kenya flag_ke|KE
🇰🇬|flag: kyrgyzstan|kyrgyzstan flag_kg|KG
🇰🇭|flag: cambodia|cambodia flag_kh|KH
🇰🇮|flag: kiribati|kiribati flag_ki|KI
🇰🇲|flag: comoros|comoros flag_km|KM
🇰🇳|flag: st. kitts & nevis|st_kitts_nevis flag_kn|KN
🇰🇵|flag: north korea|north_korea flag_kp|KP
🇰🇷|flag: south korea|kr flag_kr south_korea|KR
🇰🇼|flag: kuwait|kuwait flag_kw|KW
🇰🇾|flag: cayman islands|cayman_islands flag_ky|KY
🇰🇿|flag: kazakhstan|kazakhstan flag_kz|KZ
🇱🇦|flag: laos|laos flag_la|LA
🇱🇧|flag: lebanon|lebanon flag_lb|LB
🇱🇨|flag: st. lucia|st_lucia flag_lc|LC
🇱🇮|flag: liechtenstein|liechtenstein flag_li|LI
🇱🇰|flag: sri lanka|sri_lanka flag_lk|LK
🇱🇷|flag: liberia|liberia flag_lr|LR
🇱🇸|flag: lesotho|lesotho flag_ls|LS
🇱🇹|flag: lithuania|lithuania flag_lt|LT
🇱🇺|flag: luxembourg|luxembourg flag_lu|LU
🇱🇻|flag: latvia|latvia flag_lv|LV
🇱🇾|flag: libya|libya flag_ly|LY
🇲🇦|flag: morocco|morocco flag_ma|MA
🇲🇨|flag: monaco|monaco flag_mc|MC
🇲🇩|flag: moldova|moldova flag_md|MD
🇲🇪|flag: montenegro|montenegro flag_me|ME
🇲🇫|flag: st. martin|st_martin flag_mf|MF
🇲🇬|flag: madagascar|madagascar flag_mg|MG
🇲🇭|flag: marshall islands|marshall_islands flag_mh|MH
🇲🇰|flag: north macedonia|macedonia flag_mk|MK
🇲🇱|flag: mali|mali flag_ml|ML
🇲🇲|flag: myanmar (burma)|myanmar burma flag_mm|MM
🇲🇳|flag: mongolia|mongolia flag_mn|MN
🇲🇴|flag: macao sar china|macau flag_mo macao|MO
🇲🇵|flag: northern mariana islands|northern_mariana_islands flag_mp|MP
🇲🇶|flag: martinique|martinique flag_mq|MQ
🇲🇷|flag: mauritania|mauritania flag_mr|MR
🇲🇸|flag: montserrat|montserrat flag_ms|MS
🇲🇹|flag: malta|malta flag_mt|MT
🇲🇺|flag: mauritius|mauritius flag_mu|MU
🇲🇻|flag: maldives|maldives flag_mv|MV
🇲🇼|flag: malawi|malawi flag_mw|MW
🇲🇽|flag: mexico|mexico flag_mx|MX
🇲🇾|flag: malaysia|malaysia flag_my|MY
🇲🇿|flag: mozambique|mozambique flag_mz|MZ
🇳🇦|flag: namibia|namibia flag_na|NA
🇳🇨|flag: new caledonia|new_caledonia flag_nc|NC
🇳🇪|flag: niger|niger flag_ne|NE
🇳🇫|flag: norfolk island|norfolk_island flag_nf|NF
🇳🇬|flag: nigeria|nigeria flag_ng|NG
🇳🇮|flag: nicaragua|nicaragua flag_ni|NI
🇳🇱|flag: netherlands|netherlands flag_nl|NL
🇳🇴|flag: norway|norway flag_no|NO
🇳🇵|flag: nepal|nepal flag_np|NP
🇳🇷|flag: nauru|nauru flag_nr|NR
🇳🇺|flag: niue|niue flag_nu|NU
🇳🇿|flag: new zealand|new_zealand flag_nz|NZ
🇴🇲|flag: oman|oman flag_om|OM
🇵🇦|flag: panama|panama flag_pa|PA
🇵🇪|flag: peru|peru flag_pe|PE
🇵🇫|flag: french polynesia|french_polynesia flag_pf|PF
🇵🇬|flag: papua new guinea|papua_new_guinea flag_pg|PG
🇵🇭|flag: philippines|philippines flag_ph|PH
🇵🇰|flag: pakistan|pakistan flag_pk|PK
🇵🇱|flag: poland|poland flag_pl|PL
🇵🇲|flag: st. pierre & miquelon|st_pierre_miquelon flag_pm|PM
🇵🇳|flag: pitcairn islands|pitcairn_islands flag_pn|PN
🇵🇷|flag: puerto rico|puerto_rico flag_pr|PR
🇵🇸|flag: palestinian territories|palestinian_territories flag_ps|PS
🇵🇹|flag: portugal|portugal flag_pt|PT
🇵🇼|flag: palau|palau flag_pw|PW
🇵🇾|flag: paraguay|paraguay flag_py|PY
🇶🇦|flag: qatar|qatar flag_qa|QA
🇷🇪|flag: réunion|reunion flag_re|RE
🇷🇴|flag: romania|romania flag_ro|RO
🇷🇸|flag: serbia|serbia flag_rs|RS
🇷🇺|flag: russia|ru flag_ru russia|RU
🇷🇼|flag: rwanda|rwanda flag_rw|RW
🇸🇦|flag: saudi arabia|saudi_arabia flag_sa|SA
🇸🇧|flag: solomon islands|solomon_islands flag_sb|SB
🇸🇨|flag: seychelles|seychelles flag_sc|SC
🇸🇩|flag: sudan|sudan flag_sd|SD
🇸🇪|flag: sweden|sweden flag_se|SE
🇸🇬|flag: singapore|singapore flag_sg|SG
🇸🇭|flag: st. helena|st_helena flag_sh|SH
🇸🇮|flag: slovenia|slovenia flag_si|SI
🇸🇯|flag: svalbard & jan mayen|svalbard_jan_mayen flag_sj|SJ
🇸🇰|flag: slovakia|slovakia flag_sk|SK
🇸🇱|flag: sierra leone|sierra_leone flag_sl|SL
🇸🇲|flag: san marino|san_marino flag_sm|SM
🇸🇳|flag: senegal|senegal flag_sn|SN
🇸🇴|flag: somalia|somalia flag_so|SO
🇸🇷|flag: suriname|suriname flag_sr|SR
🇸🇸|flag: south sudan|south_sudan flag_ss|SS
🇸🇹|flag: são tomé & príncipe|sao_tome_principe flag_st|ST
🇸🇻|flag: el salvador|el_salvador flag_sv|SV
🇸🇽|flag: sint maarten|sint_maarten flag_sx|SX
🇸🇾|flag: syria|syria flag_sy|SY
🇸🇿|flag: eswatini|swaziland eswatini flag_sz|SZ
🇹🇦|flag: tristan da cunha|tristan_da_cunha flag_ta|TA
🇹🇨|flag: turks & caicos islands|turks_caicos_islands flag_tc|TC
🇹🇩|flag: chad|chad flag_td|TD
🇹🇫|flag: french southern territories|french_southern_territories flag_tf|TF
🇹🇬|flag: togo|togo flag_tg|TG
🇹🇭|flag: thailand|thailand flag_th|TH
🇹🇯|flag: tajikistan|tajikistan flag_tj|TJ
🇹🇰|flag: tokelau|tokelau flag_tk|TK
🇹🇱|flag: timor-leste|timor_leste flag_tl|TL
🇹🇲|flag: turkmenistan|turkmenistan flag_tm|TM
🇹🇳|flag: tunisia|tunisia flag_tn|TN
🇹🇴|flag: tonga|tonga flag_to|TO
🇹🇷|flag: türkiye|tr flag_tr turkey_tr|TR
🇹🇹|flag: trinidad & tobago|trinidad_tobago flag_tt|TT
🇹🇻|flag: tuvalu|tuvalu flag_tv|TV
🇹🇼|flag: taiwan|taiwan flag_tw|TW
🇹🇿|flag: tanzania|tanzania flag_tz|TZ
🇺🇦|flag: ukraine|ukraine flag_ua|UA
🇺🇬|flag: uganda|uganda flag_ug|UG
🇺🇲|flag: u.s. outlying islands|us_outlying_islands flag_um|UM
🇺🇳|flag: united nations|united_nations flag_un un|UN
🇺🇸|flag: united states|us flag_us united_states usa|US
🇺🇾|flag: uruguay|uruguay flag_uy|UY
🇺🇿|flag: uzbekistan|uzbekistan flag_uz|UZ
🇻🇦|flag: vatican city|vatican_city flag_va|VA
🇻🇨|flag: st. vincent & grenadines|st_vincent_grenadines flag_vc|VC
🇻🇪|flag: venezuela|venezuela flag_ve|VE
🇻🇬|flag: british virgin islands|british_virgin_islands flag_vg|VG
🇻🇮|flag: u.s. virgin islands|us_virgin_islands flag_vi|VI
🇻🇳|flag: vietnam|vietnam flag_vn|VN
🇻🇺|flag: vanuatu|vanuatu flag_vu|VU
🇼🇫|flag: wallis & futuna|wallis_futuna flag_wf|WF
🇼🇸|flag: samoa|samoa flag_ws|WS
🇽🇰|flag: kosovo|kosovo flag_xk|XK
🇾🇪|flag: yemen|yemen flag_ye|YE
🇾🇹|flag: mayotte|mayotte flag_yt|YT
🇿🇦|flag: south africa|south_africa flag_za|ZA
🇿🇲|flag: zambia|zambia flag_zm|ZM
🇿🇼|flag: zimbabwe|zimbabwe flag_zw|ZW
🏴󠁧󠁢󠁥󠁮󠁧󠁿|flag: england|england flag_gbeng|
🏴󠁧󠁢󠁳󠁣󠁴󠁿|flag: scotland|scotland flag_gbsct|
🏴󠁧󠁢󠁷󠁬󠁳󠁿|flag: wales|wales flag_gbwls|`,
};
