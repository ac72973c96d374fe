"""Networks that BindsNET saved: Diehl & Cook's, as :mod:`.reading` finds them."""
