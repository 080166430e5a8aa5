module localcheckout.test/leanrailswalk

go 1.26
