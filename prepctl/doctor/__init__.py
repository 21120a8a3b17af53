"""The doctor: is this control node in a state to do its work?"""
