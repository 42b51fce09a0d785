print("rtlgen")
