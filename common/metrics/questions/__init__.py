"""Stage A's questions: what they share with referees' questions, and what they are worth by themselves.

A question that no referee asked may still be the best one; that is for people to judge, not for these figures.
"""
