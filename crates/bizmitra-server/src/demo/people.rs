//! The demo's people: 40 of Sahyadri Foods.

use bizmitra_contract::login::Role;

/// The people the guide speaks of: morning shift, first site. The last two may decide.
pub(super) const MAIN_PEOPLE: &[(&str, Role)] = &[
    ("Ravi Patil", Role::Employee),
    ("Asha Kulkarni", Role::Employee),
    ("Meera Joshi", Role::SiteManager),
    ("Anand Deshmukh", Role::Admin),
];

/// Everyone else, spread over shifts and sites.
pub(super) const OTHERS: &[&str] = &[
    "Aarti Jadhav",
    "Amol Shinde",
    "Anjali Pawar",
    "Bhavesh Shah",
    "Chhaya More",
    "Deepak Gaikwad",
    "Farida Shaikh",
    "Ganesh Kale",
    "Geeta Bhosale",
    "Harish Naik",
    "Imran Sayyed",
    "Jyoti Sawant",
    "Kavita Chavan",
    "Kiran Mane",
    "Lata Salunkhe",
    "Mahesh Thorat",
    "Manisha Wagh",
    "Nitin Kadam",
    "Pallavi Gokhale",
    "Prakash Mohite",
    "Priya Nair",
    "Rahul Suryavanshi",
    "Rekha Dhumal",
    "Sachin Lokhande",
    "Sangita Ghorpade",
    "Sanjay Yadav",
    "Shabana Khan",
    "Shubham Raut",
    "Snehal Phadke",
    "Sunil Bansode",
    "Swati Apte",
    "Tushar Kamble",
    "Usha Rane",
    "Vaishali Dixit",
    "Vijay Nimbalkar",
    "Yogesh Barve",
];

/// Whether the guide speaks of this person.
pub(super) fn is_main(name: &str) -> bool {
    MAIN_PEOPLE.iter().any(|(main, _)| *main == name)
}
